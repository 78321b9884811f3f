#include <teasel/fakes/play/play_codec.hpp>

#include <cstring>

namespace teasel::fakes {
namespace {

enum Opcode : std::uint8_t {
  kLiteral = 0x00,
  kSelect = 0x01,
  kOpCut = 0x02,
  kOpEndOfStream = 0x03,
  kOpReset = 0x04,
  kOpAdvanceMs = 0x05,
  kOpAdvanceS = 0x06,
  kOpNextTimer = 0x07,
  kOpStopReading = 0x08,
  kOpRead = 0x09,
  kOpShortWrite = 0x0a,
  kOpApp = 0x0b,
  kOpEcho = 0x0c,
  kOpRedeliver = 0x0d,
  kOpRecord = 0x0e,
  kOpExtended = 0x0f,
};
enum Extension : std::uint8_t { kVersion = 0x00, kConnectPort = 0x01, kEndWithLast = 0x02, kAdvanceNs = 0x03 };

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNsPerS = 1'000'000'000;

/// Reads the operands of one escape. When the input ends before they do, `whole` turns false.
struct Operands {
  ByteView rest;
  bool whole = true;

  std::uint8_t byte() {
    if (rest.empty()) {
      whole = false;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(rest[0]);
    rest = rest.sub(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint8_t next = byte();
      if (!whole) return 0;
      value |= static_cast<std::uint64_t>(next & 0x7fu) << shift;
      if ((next & 0x80u) == 0) break;
    }
    return value;
  }
};

class Decoder {
 public:
  Decoder(const CodecOptions& options, Play& play, std::vector<ChoiceRecord>& records)
      : options_(options), play_(play), records_(records) {}

  Decoded run(ByteView bytes) {
    const char introducer = static_cast<char>(*options_.introducer);
    while (!bytes.empty()) {
      const void* found = std::memchr(bytes.data(), introducer, bytes.size());
      const std::size_t raw =
          found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
      play_.send(connection_, bytes.sub(0, raw));
      bytes = bytes.sub(raw);
      if (!bytes.empty()) bytes = escape(bytes);
    }
    if (!records_.empty()) normalise(records_);
    done_.ignored += play_.dropped();
    return done_;
  }

 private:
  /// `bytes` start with an introducer. Gives what is left behind the escape, or behind the byte if
  /// it is none.
  ByteView escape(ByteView bytes) {
    Operands operands{bytes.sub(1)};
    const std::uint8_t opcode = operands.byte();
    if (operands.whole && (opcode == kOpExtended ? extended(operands) : plain(opcode, operands))) return operands.rest;
    play_.send(connection_, bytes.sub(0, 1));
    return bytes.sub(1);
  }

  /// False, and nothing done, when it is no escape after all.
  bool plain(std::uint8_t opcode, Operands& in) {
    switch (opcode) {
      case kLiteral: literal(); return true;
      case kSelect: return with(in.byte(), in, [this](std::uint64_t k) { select(k, 0); });
      case kOpCut: play_.cut(connection_); return true;
      case kOpEndOfStream: play_.endOfStream(connection_); return true;
      case kOpReset: play_.reset(connection_); return true;
      case kOpAdvanceMs: return with(in.number(), in, [this](std::uint64_t n) { advance(n, kNsPerMs); });
      case kOpAdvanceS: return with(in.number(), in, [this](std::uint64_t n) { advance(n, kNsPerS); });
      case kOpNextTimer: return with(in.byte(), in, [this](std::uint64_t p) { play_.nextTimer(static_cast<TimerPoint>(p % 3)); });
      case kOpStopReading: play_.stopReading(connection_); return true;
      case kOpRead: return with(in.number(), in, [this](std::uint64_t n) { play_.read(connection_, n); });
      case kOpShortWrite: return with(in.number(), in, [this](std::uint64_t n) { play_.shortWrite(connection_, n); });
      case kOpApp: {
        const std::uint64_t op = in.number();
        return with(in.number(), in, [&](std::uint64_t argument) { play_.app(static_cast<unsigned>(op & 0xffffu), argument); });
      }
      case kOpEcho: {
        const std::uint8_t source = in.byte();
        const std::uint64_t from = in.number();
        return with(in.number(), in, [&](std::uint64_t n) { play_.echo(connection_, from, n, source); });
      }
      case kOpRedeliver: return with(in.number(), in, [this](std::uint64_t back) { play_.redeliver(connection_, back); });
      case kOpRecord: return record(in);
      default: return false;
    }
  }

  bool extended(Operands& in) {
    const std::uint8_t extension = in.byte();
    if (!in.whole) return false;
    switch (extension) {
      case kVersion: return with(in.number(), in, [this](std::uint64_t version) { done_.version = version; });
      case kConnectPort: {
        const std::uint8_t k = in.byte();
        return with(in.number(), in, [&](std::uint64_t port) { select(k, static_cast<unsigned>(port & 0xffffu)); });
      }
      case kEndWithLast: play_.endOfStream(connection_, true); return true;
      case kAdvanceNs: return with(in.number(), in, [this](std::uint64_t n) { advance(n, 1); });
      default: return false;
    }
  }

  template <class F>
  bool with(std::uint64_t operand, const Operands& in, F&& then) {
    if (in.whole) then(operand);
    return in.whole;
  }

  void literal() {
    const char introducer = static_cast<char>(*options_.introducer);
    play_.send(connection_, ByteView(&introducer, 1));
  }

  void select(std::uint64_t k, unsigned port) {
    const auto wanted = static_cast<unsigned>(k % Play::kMaxConnections);
    if (play_.connects(wanted) || play_.connect(wanted, port)) connection_ = wanted;
  }

  void advance(std::uint64_t count, std::uint64_t unit) {
    const auto longest = static_cast<std::uint64_t>(Play::kMaxAdvance.count());
    play_.advance(Duration(count > longest / unit ? longest : count * unit));
  }

  bool record(Operands& in) {
    ChoiceRecord one;
    one.entity = static_cast<std::uint32_t>(in.number());
    one.site = static_cast<std::uint16_t>(in.number());
    one.index = static_cast<std::uint32_t>(in.number());
    one.value = in.number();
    if (!in.whole) return false;
    if (records_.size() < options_.records) records_.push_back(one);
    else ++done_.ignored;
    return true;
  }

  const CodecOptions& options_;
  Play& play_;
  std::vector<ChoiceRecord>& records_;
  unsigned connection_ = 0;
  Decoded done_;
};

class Encoder {
 public:
  Encoder(const Play& play, const CodecOptions& options) : play_(play), introducer_(static_cast<char>(*options.introducer)) {}

  std::string run(std::span<const ChoiceRecord> records) {
    const auto events = play_.events();
    for (std::size_t i = 0; i < events.size(); ++i) event(events[i], i + 1 < events.size() ? &events[i + 1] : nullptr);
    for (const ChoiceRecord& one : records) {
      op(kOpRecord);
      number(one.entity), number(one.site), number(one.index), number(one.value);
    }
    return std::move(out_);
  }

  void raw(ByteView bytes) {
    for (const char byte : bytes) {
      out_ += byte;
      if (byte == introducer_) out_ += static_cast<char>(kLiteral);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  static bool addressed(PlayEventKind kind) {
    return kind != PlayEventKind::kAdvance && kind != PlayEventKind::kNextTimer && kind != PlayEventKind::kApp;
  }

  void event(const PlayEvent& event, const PlayEvent* next) {
    if (event.kind == PlayEventKind::kConnect) return connect(event, next);
    if (addressed(event.kind) && event.connection != connection_) select(event.connection);
    switch (event.kind) {
      case PlayEventKind::kConnect: break;
      case PlayEventKind::kSend: raw(play_.bytes(event)); break;
      case PlayEventKind::kCut: op(kOpCut); break;
      case PlayEventKind::kEndOfStream: event.op != 0 ? extension(kEndWithLast) : op(kOpEndOfStream); break;
      case PlayEventKind::kReset: op(kOpReset); break;
      case PlayEventKind::kAdvance: advance(event.number); break;
      case PlayEventKind::kNextTimer: op(kOpNextTimer), byte(static_cast<std::uint8_t>(event.op)); break;
      case PlayEventKind::kStopReading: op(kOpStopReading); break;
      case PlayEventKind::kRead: op(kOpRead), number(event.number); break;
      case PlayEventKind::kShortWrite: op(kOpShortWrite), number(event.number); break;
      case PlayEventKind::kApp: op(kOpApp), number(event.op), number(event.number); break;
      case PlayEventKind::kEcho:
        op(kOpEcho), byte(static_cast<std::uint8_t>(event.op)), number(event.number), number(event.length);
        break;
      case PlayEventKind::kRedeliver: op(kOpRedeliver), number(event.number); break;
    }
  }

  void connect(const PlayEvent& event, const PlayEvent* next) {
    const unsigned k = event.connection;
    if (event.op != 0) {
      extension(kConnectPort), byte(event.connection), number(event.op);
      connection_ = k;
      return;
    }
    // What follows on the connection that is selected anyway connects it by itself.
    const bool implied = k == connection_ && next != nullptr && addressed(next->kind) && next->connection == k;
    if (!implied) select(event.connection);
  }

  void select(std::uint8_t k) {
    op(kSelect), byte(k);
    connection_ = k;
  }

  void advance(std::uint64_t ns) {
    if (ns % kNsPerS == 0 && ns != 0) op(kOpAdvanceS), number(ns / kNsPerS);
    else if (ns % kNsPerMs == 0) op(kOpAdvanceMs), number(ns / kNsPerMs);
    else extension(kAdvanceNs), number(ns);
  }

  void op(Opcode opcode) { (out_ += introducer_) += static_cast<char>(opcode); }
  void extension(Extension which) { op(kOpExtended), byte(which); }
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80u));
    byte(static_cast<std::uint8_t>(value));
  }

  const Play& play_;
  char introducer_;
  unsigned connection_ = 0;
  std::string out_;
};

std::string encodeRaw(const Play& play, std::span<const ChoiceRecord> records) {
  const auto events = play.events();
  if (!records.empty()) throw CodecError("choices cannot be written without an introducer");
  if (events.empty()) return {};
  if (events.size() == 2 && events[0] == PlayEvent{} && events[1].kind == PlayEventKind::kSend && events[1].connection == 0) {
    return play.bytes(events[1]).str();
  }
  throw CodecError("without an introducer only the bytes of one connection can be written; this Play has " +
                   std::to_string(events.size()) + " events");
}

void requireWithin(const char* what, std::size_t seen, std::size_t allowed) {
  if (seen <= allowed) return;
  throw CodecError("the Play has " + std::to_string(seen) + ' ' + what + ", the limit is " + std::to_string(allowed));
}

}  // namespace

Decoded decode(ByteView bytes, const CodecOptions& options, Play& play, std::vector<ChoiceRecord>& records) {
  play.clear();
  play.setLimits(options.limits);
  records.clear();
  if (options.introducer) return Decoder(options, play, records).run(bytes);
  play.send(0, bytes);
  return {.ignored = play.dropped()};
}

std::string encode(const Play& play, std::span<const ChoiceRecord> records, const CodecOptions& options) {
  std::vector<ChoiceRecord> normal(records.begin(), records.end());
  normalise(normal);
  requireWithin("events", play.events().size(), options.limits.events);
  requireWithin("bytes", play.byteCount(), options.limits.bytes);
  requireWithin("choices", normal.size(), options.records);
  for (unsigned k = options.limits.connections; k < Play::kMaxConnections; ++k) {
    if (play.connects(k)) requireWithin("connections", k + 1, options.limits.connections);
  }
  return options.introducer ? Encoder(play, options).run(normal) : encodeRaw(play, normal);
}

std::string escapedForFuzzer(ByteView captured, const CodecOptions& options) {
  if (!options.introducer) return captured.str();
  const Play none;
  Encoder encoder(none, options);
  encoder.raw(captured);
  return encoder.take();
}

}  // namespace teasel::fakes
