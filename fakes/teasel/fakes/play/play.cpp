#include <teasel/fakes/play/play.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {
namespace {

constexpr std::uint64_t kLongest = static_cast<std::uint64_t>(Play::kMaxAdvance.count());
constexpr std::uint64_t kMaxLength = 0xffffffffu;

}  // namespace

bool Play::add(const PlayEvent& event) {
  if (events_.size() >= limits_.events) {
    ++dropped_;
    return false;
  }
  events_.push_back(event);
  return true;
}

bool Play::ready(unsigned k) {
  if (connects(k)) [[likely]]
    return true;
  return connect(k);
}

bool Play::on(unsigned k, PlayEventKind kind, std::uint64_t number, std::uint16_t op, std::uint32_t length) {
  if (!ready(k)) {
    ++dropped_;
    return false;
  }
  return add({kind, static_cast<std::uint8_t>(k), op, length, number});
}

bool Play::connect(unsigned k, unsigned port) {
  if (k >= kMaxConnections || k >= limits_.connections || port > 0xffff) {
    ++dropped_;
    return false;
  }
  if (connects(k)) return true;
  if (!add({PlayEventKind::kConnect, static_cast<std::uint8_t>(k), static_cast<std::uint16_t>(port), 0, 0})) return false;
  connected_ |= 1u << k;
  return true;
}

bool Play::send(unsigned k, ByteView bytes) {
  if (bytes.empty()) return true;
  const std::size_t room = limits_.bytes > bytes_.size() ? limits_.bytes - bytes_.size() : 0;
  const ByteView taken = bytes.sub(0, room);
  dropped_ += bytes.size() - taken.size();
  if (taken.empty()) return false;
  const bool extends = !events_.empty() && events_.back().kind == PlayEventKind::kSend && events_.back().connection == k;
  const auto length = static_cast<std::uint32_t>(taken.size());
  if (extends) events_.back().length += length;
  else if (!on(k, PlayEventKind::kSend, bytes_.size(), 0, length)) return false;
  bytes_.insert(bytes_.end(), taken.begin(), taken.end());
  return taken.size() == bytes.size();
}

bool Play::cut(unsigned k) { return on(k, PlayEventKind::kCut); }
bool Play::endOfStream(unsigned k, bool withLast) { return on(k, PlayEventKind::kEndOfStream, 0, withLast ? 1 : 0); }
bool Play::reset(unsigned k) { return on(k, PlayEventKind::kReset); }
bool Play::stopReading(unsigned k) { return on(k, PlayEventKind::kStopReading); }
bool Play::read(unsigned k, std::uint64_t n) { return on(k, PlayEventKind::kRead, n); }
bool Play::shortWrite(unsigned k, std::uint64_t n) { return on(k, PlayEventKind::kShortWrite, n); }
bool Play::redeliver(unsigned k, std::uint64_t back) { return on(k, PlayEventKind::kRedeliver, back); }

bool Play::advance(Duration time) {
  if (time < Duration::zero())
    throw NegativeDelay("Play::advance by " + std::to_string(time.count()) + " ns: time only goes forward");
  const auto wanted = static_cast<std::uint64_t>(time.count());
  return add({PlayEventKind::kAdvance, 0, 0, 0, std::min(wanted, kLongest)});
}

bool Play::nextTimer(TimerPoint point) { return add({PlayEventKind::kNextTimer, 0, static_cast<std::uint16_t>(point), 0, 0}); }

bool Play::app(unsigned op, std::uint64_t argument) {
  return add({PlayEventKind::kApp, 0, static_cast<std::uint16_t>(op & 0xffffu), 0, argument});
}

bool Play::echo(unsigned k, std::uint64_t from, std::uint64_t n, unsigned source) {
  const auto length = static_cast<std::uint32_t>(std::min(n, kMaxLength));
  return on(k, PlayEventKind::kEcho, from, static_cast<std::uint16_t>(source % kMaxConnections), length);
}

bool Play::append(const Play& other, const PlayEvent& event) {
  const unsigned k = event.connection;
  switch (event.kind) {
    case PlayEventKind::kConnect: return connect(k, event.op);
    case PlayEventKind::kSend: return send(k, other.bytes(event));
    case PlayEventKind::kAdvance: return advance(Duration(std::min(event.number, kLongest)));
    case PlayEventKind::kNextTimer: return nextTimer(static_cast<TimerPoint>(event.op % 3));
    case PlayEventKind::kApp: return app(event.op, event.number);
    case PlayEventKind::kEcho: return echo(k, event.number, event.length, event.op);
    case PlayEventKind::kEndOfStream: return endOfStream(k, event.op != 0);
    case PlayEventKind::kCut:
    case PlayEventKind::kReset:
    case PlayEventKind::kStopReading: return on(k, event.kind);
    case PlayEventKind::kRead:
    case PlayEventKind::kShortWrite:
    case PlayEventKind::kRedeliver: return on(k, event.kind, event.number);
  }
  return false;
}

void Play::clear() noexcept {
  events_.clear();
  bytes_.clear();
  connected_ = 0;
  dropped_ = 0;
}

namespace {

/// Draws the steps of one Play. Each event is an entity of its own, so that shrinking one leaves
/// the others alone.
class Drawer {
 public:
  Drawer(Choices& choices, const PlayShape& shape, Play& play) : choices_(choices), shape_(shape), play_(play) {}

  void run() {
    const std::uint32_t count = number(shape_.events + 1ull, ChoiceSite::kPlayLength);
    play_.connect(0);
    for (entity_ = 1; entity_ <= count; ++entity_) step();
  }

 private:
  std::uint32_t number(std::uint64_t bound, ChoiceSite site) {
    return static_cast<std::uint32_t>(choices_.below(bound, ChoiceKey(entity_, site)));
  }
  std::uint32_t operand(std::uint64_t bound) { return number(bound, ChoiceSite::kPlayOperand); }

  void step() {
    // Half of the steps send, as most faults need input; the other kinds share the rest.
    const std::uint32_t kind = number(24, ChoiceSite::kPlayEvent);
    const unsigned k = operand(std::clamp<unsigned>(shape_.connections, 1, Play::kMaxConnections));
    switch (kind) {
      case 12:
      case 13:
      case 14: play_.cut(k); break;
      case 15: play_.connect(k, operand(4) == 3 ? 1 : 0); break;
      case 16: play_.advance(duration()); break;
      case 17: play_.nextTimer(static_cast<TimerPoint>(operand(3))); break;
      case 18: play_.endOfStream(k, operand(2) != 0); break;
      case 19: operand(2) == 0 ? play_.reset(k) : play_.endOfStream(k); break;
      case 20: operand(2) == 0 ? play_.stopReading(k) : play_.read(k, operand(64)); break;
      case 21: play_.shortWrite(k, operand(64)); break;
      case 22: appOrEcho(k); break;
      case 23: play_.redeliver(k, operand(3)); break;
      default: send(k); break;
    }
  }

  Duration duration() {
    static constexpr Duration kUnits[] = {std::chrono::milliseconds(1), std::chrono::microseconds(1), std::chrono::seconds(1),
                                          std::chrono::minutes(1)};
    const Duration unit = kUnits[operand(4)];
    const std::uint32_t count = operand(100);
    return unit * count;
  }

  void appOrEcho(unsigned k) {
    if (shape_.appOps != 0 && operand(2) != 0) {
      const unsigned op = operand(shape_.appOps);
      play_.app(op, operand(256));
      return;
    }
    const unsigned from = operand(64);
    play_.echo(k, from, operand(64));
  }

  void send(unsigned k) {
    if (!shape_.words.empty() && number(2, ChoiceSite::kPlayBytes) == 0) {
      play_.send(k, shape_.words[number(shape_.words.size(), ChoiceSite::kPlayBytes)]);
      return;
    }
    const std::uint32_t count = 1 + number(std::max(shape_.bytes, 1u), ChoiceSite::kPlayBytes);
    for (std::uint32_t i = 0; i < count; ++i) {
      const char byte = drawByte();
      play_.send(k, ByteView(&byte, 1));
    }
  }

  char drawByte() {
    // Letters and what text protocols separate with come often, any byte now and then; 0 is the
    // dullest.
    static constexpr std::string_view kCommon = "aaaabcABC019 \r\n\r\n\0:,";
    const std::uint32_t draw = number(kCommon.size() + 4, ChoiceSite::kPlayBytes);
    if (draw < kCommon.size()) return kCommon[draw];
    return static_cast<char>(static_cast<unsigned char>(number(256, ChoiceSite::kPlayBytes)));
  }

  Choices& choices_;
  const PlayShape& shape_;
  Play& play_;
  std::uint32_t entity_ = 0;
};

}  // namespace

Play Play::draw(Choices& choices, const PlayShape& shape, const PlayLimits& limits) {
  Play play(limits);
  Drawer(choices, shape, play).run();
  return play;
}

}  // namespace teasel::fakes
