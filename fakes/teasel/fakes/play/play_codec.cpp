#include <teasel/fakes/play/play_codec.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace teasel::fakes {
namespace {

// Escapes that are no events. kEvents has those of events.
enum Opcode : std::uint8_t { kLiteral = 0x00, kSelect = 0x01, kOpRecord = 0x0e, kOpExtended = 0x0f };
enum Extension : std::uint8_t { kVersion = 0x00, kConnectPort = 0x01 };

/// What an escape stands for.
struct Meaning {
  const EventRow* row = nullptr;  ///< of an event
  std::uint64_t value = 0;        ///< EventCode::value
  /// Whether it is an event. Said apart from `row`, because with -fsanitize=undefined g++-12 takes
  /// no comparison of an address for a constant (GCC bug 71962).
  bool event = false;
};
/// By opcode, or by the byte behind 0F.
using Meanings = std::array<Meaning, 256>;

constexpr bool isExtension(const EventCode& code) { return code.code > 0xff; }

constexpr Meanings meanings(bool extensions) {
  Meanings out{};
  for (const EventRow& row : kEvents)
    for (const EventCode& code : row.codes)
      if (isExtension(code) == extensions) out[code.code & 0xffu] = {&row, code.value, true};
  return out;
}
constexpr Meanings kPlain = meanings(false);
constexpr Meanings kExtended = meanings(true);

constexpr std::size_t countOf(const Meanings& meanings) {
  return static_cast<std::size_t>(
      std::count_if(meanings.begin(), meanings.end(), [](const Meaning& meaning) { return meaning.event; }));
}
constexpr std::size_t countOfCodes() {
  std::size_t count = 0;
  for (const EventRow& row : kEvents) count += row.codes.size();
  return count;
}
constexpr bool codesAreEscapes() {
  for (const EventRow& row : kEvents)
    for (const EventCode& code : row.codes)
      if (isExtension(code) ? code.code >> 8 != kOpExtended || (code.code & 0xffu) == kVersion
                            : code.code == kLiteral || code.code >= kOpRecord)
        return false;
  return true;
}
static_assert(countOf(kPlain) + countOf(kExtended) == countOfCodes(), "kEvents: two events have the same code");
static_assert(codesAreEscapes(), "kEvents: a code is 01 to 0D, or 0F and a byte that is not 00");

/// Reads the operands of one escape. `whole` becomes false when the input ends before the operands
/// do.
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
    play_.setVersion(done_.version);
    done_.ignored += play_.dropped();
    return done_;
  }

 private:
  /// Reads an escape; `bytes` begin with an introducer. Returns the rest after the escape. If it is
  /// no escape, the introducer is a byte, and the rest after that byte is returned.
  ByteView escape(ByteView bytes) {
    Operands operands{bytes.sub(1)};
    const std::uint8_t opcode = operands.byte();
    if (operands.whole && (opcode == kOpExtended ? extended(operands) : plain(opcode, operands))) return operands.rest;
    play_.send(connection_, bytes.sub(0, 1));
    return bytes.sub(1);
  }

  /// Returns false, and does nothing, when it is no escape after all.
  bool plain(std::uint8_t opcode, Operands& in) {
    switch (opcode) {
      case kLiteral: literal(); return true;
      case kSelect: return with(in.byte(), in, [this](std::uint64_t k) { select(k, 0); });
      case kOpRecord: return record(in);
      default: return event(kPlain[opcode], in);
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
      default: return event(kExtended[extension], in);
    }
  }

  bool event(const Meaning& meaning, Operands& in) {
    if (!meaning.event || (options_.limits.hosts == 0 && actsOnHosts(*meaning.row))) return false;
    PlayEvent event(meaning.row->kind, static_cast<std::uint8_t>(connection_));
    for (const Operand& operand : meaning.row->operands)
      if (operandForm(operand.type) == OperandForm::kByte) event.setOperand(operand.type, in.byte());
    for (const Operand& operand : meaning.row->operands) {
      switch (operandForm(operand.type)) {
        case OperandForm::kByte: break;
        case OperandForm::kNumber: event.setOperand(operand.type, in.number()); break;
        case OperandForm::kUnits: event.setOperand(operand.type, multiplied(in.number(), meaning.value)); break;
        case OperandForm::kInCode: event.setOperand(operand.type, meaning.value); break;
      }
    }
    if (in.whole) play_.append(play_, event);
    return in.whole;
  }

  static std::uint64_t multiplied(std::uint64_t count, std::uint64_t unit) {
    return count > ~std::uint64_t{0} / unit ? ~std::uint64_t{0} : count * unit;
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
    out_.reserve(play_.byteCount() + 8 * (play_.events().size() + records.size()) + 8);
    if (play_.version() != 1) op(kOpExtended), byte(kVersion), number(play_.version());
    const auto events = play_.events();
    for (std::size_t i = 0; i < events.size(); ++i) event(events[i], i + 1 < events.size() ? &events[i + 1] : nullptr);
    for (const ChoiceRecord& one : records) {
      op(kOpRecord);
      number(one.entity), number(one.site), number(one.index), number(one.value);
    }
    return std::move(out_);
  }

  void raw(ByteView bytes) {
    while (!bytes.empty()) {
      const auto* found = static_cast<const char*>(std::memchr(bytes.data(), introducer_, bytes.size()));
      const std::size_t plain = found == nullptr ? bytes.size() : static_cast<std::size_t>(found - bytes.data()) + 1;
      out_.append(bytes.data(), plain);
      if (found != nullptr) out_ += static_cast<char>(kLiteral);
      bytes = bytes.sub(plain);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void event(const PlayEvent& event, const PlayEvent* next) {
    if (event.kind == PlayEventKind::kConnect) return connect(event, next);
    const EventRow& row = eventRow(event.kind);
    if (row.onConnection && event.connection != connection_) select(event.connection);
    if (row.sends == EventSends::kOwnBytes) return raw(play_.bytes(event));
    const EventCode& chosen = codeFor(row, event);
    code(chosen);
    for (const Operand& operand : row.operands)
      if (operandForm(operand.type) == OperandForm::kByte) byte(static_cast<std::uint8_t>(event.operand(operand.type)));
    for (const Operand& operand : row.operands) {
      switch (operandForm(operand.type)) {
        case OperandForm::kNumber: number(event.operand(operand.type)); break;
        case OperandForm::kUnits: number(event.operand(operand.type) / chosen.value); break;
        case OperandForm::kByte:
        case OperandForm::kInCode: break;
      }
    }
  }

  /// Chooses the code with the value of a flag. For a duration it chooses the code with the largest
  /// unit that divides the duration, and the first code for 0.
  static const EventCode& codeFor(const EventRow& row, const PlayEvent& event) {
    const EventCode* best = row.codes.begin();
    for (const Operand& operand : row.operands) {
      const std::uint64_t value = event.operand(operand.type);
      for (const EventCode& code : row.codes) {
        if (operand.type == OperandType::kFlag && code.value == value) best = &code;
        if (operand.type == OperandType::kDuration && value != 0 && value % code.value == 0 &&
            (value % best->value != 0 || code.value > best->value))
          best = &code;
      }
    }
    return *best;
  }

  void connect(const PlayEvent& event, const PlayEvent* next) {
    const unsigned k = event.connection;
    if (event.port() != 0) {
      op(kOpExtended), byte(kConnectPort), byte(event.connection), number(event.port());
      connection_ = k;
      return;
    }
    // The next event is on the connection that is selected already, so it connects by itself.
    const bool implied = k == connection_ && next != nullptr && eventRow(next->kind).onConnection && next->connection == k;
    if (!implied) select(event.connection);
  }

  void select(std::uint8_t k) {
    op(kSelect), byte(k);
    connection_ = k;
  }

  void op(Opcode opcode) { (out_ += introducer_) += static_cast<char>(opcode); }
  void code(const EventCode& code) {
    out_ += introducer_;
    if (isExtension(code)) byte(static_cast<std::uint8_t>(code.code >> 8));
    byte(static_cast<std::uint8_t>(code.code));
  }
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
  if (play.version() != 1)
    throw CodecError("without an introducer only a Play of version 1 can be written; this one has version " +
                     std::to_string(play.version()));
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
  play.setVersion(1);
  return {.ignored = play.dropped()};
}

std::string encode(const Play& play, std::span<const ChoiceRecord> records, const CodecOptions& options) {
  std::vector<ChoiceRecord> normal(records.begin(), records.end());
  normalise(normal);
  requireWithin("events", play.events().size(), options.limits.events);
  requireWithin("bytes", play.byteCount(), options.limits.bytes);
  requireWithin("choices", normal.size(), options.records);
  if (options.limits.hosts == 0) {
    const auto onHosts = std::count_if(play.events().begin(), play.events().end(),
                                       [](const PlayEvent& event) { return actsOnHosts(eventRow(event.kind)); });
    requireWithin("events on hosts", static_cast<std::size_t>(onHosts), 0);
  }
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
