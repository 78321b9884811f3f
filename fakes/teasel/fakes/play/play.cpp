#include <teasel/fakes/play/play.hpp>

#include <algorithm>
#include <array>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {
namespace {

constexpr std::uint64_t kLongest = static_cast<std::uint64_t>(Play::kMaxAdvance.count());

/// Where a PlayEvent keeps operands of a type, as bits. Two operands in one place would overwrite
/// each other.
constexpr unsigned placeOf(OperandType type) {
  switch (type) {
    case OperandType::kPort:
    case OperandType::kFlag:
    case OperandType::kTimerPoint:
    case OperandType::kConnection:
    case OperandType::kHost:
    case OperandType::kOperation: return 1;
    case OperandType::kParty: return 2;
    case OperandType::kOtherParty: return 8;
    case OperandType::kCrashKind:
    case OperandType::kLength: return 2 | 8;
    case OperandType::kDuration:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return 4;
    case OperandType::kBytes: return 2 | 4 | 8;
  }
  return 0;
}

constexpr bool operandsFit(const EventRow& row) {
  unsigned taken = 0;
  for (const Operand& operand : row.operands) {
    if ((taken & placeOf(operand.type)) != 0) return false;
    taken |= placeOf(operand.type);
  }
  return true;
}

constexpr bool rowsFit() {
  for (std::size_t i = 0; i < kEventKinds; ++i) {
    const EventRow& row = kEvents[i];
    if (static_cast<std::size_t>(row.kind) != i || !operandsFit(row)) return false;
    if (row.takesTime && row.onConnection) return false;
  }
  return true;
}
static_assert(rowsFit(), "kEvents: rows stand in the order of their kinds, and no two operands of a row share a place");

/// How many values the site playEvent has. kSlotRows says which event each value is.
constexpr std::size_t kSlots = [] {
  std::size_t slots = 0;
  for (const EventRow& row : kEvents) slots += row.drawn.slots;
  return slots;
}();
/// Places in kEvents, and no pointers: with -fsanitize=undefined, g++-12 takes no comparison of an
/// address for a constant (GCC bug 71962).
constexpr std::size_t kNoRow = ~std::size_t{0};
constexpr std::array<std::size_t, kSlots> kSlotRows = [] {
  std::array<std::size_t, kSlots> rows{};
  rows.fill(kNoRow);
  for (std::size_t place = 0; place < kEventKinds; ++place)
    for (std::size_t i = 0; i < kEvents[place].drawn.slots; ++i) rows.at(kEvents[place].drawn.first + i) = place;
  return rows;
}();
static_assert(std::find(kSlotRows.begin(), kSlotRows.end(), kNoRow) == kSlotRows.end(),
              "kEvents: slots of Play::draw have a gap or overlap");

}  // namespace

void PlayEvent::setOperand(OperandType type, std::uint64_t value) noexcept {
  if ((detail::kOperandBits[static_cast<std::size_t>(kind)] >> static_cast<unsigned>(type) & 1u) == 0) return;
  const auto small = [&](std::uint64_t brought) { small_ = static_cast<std::uint16_t>(brought); };
  switch (type) {
    case OperandType::kBytes: break;
    case OperandType::kPort:
    case OperandType::kOperation: small(value & 0xffffu); break;
    case OperandType::kFlag: small(value != 0 ? 1 : 0); break;
    case OperandType::kTimerPoint: small(value % kTimerPoints); break;
    case OperandType::kConnection: small(value % Play::kMaxConnections); break;
    case OperandType::kHost: small(value % Play::kMaxHosts); break;
    case OperandType::kParty:
      length_ = (length_ & ~std::uint32_t{0xffff}) | static_cast<std::uint32_t>(value % (Play::kOutside + 1));
      break;
    case OperandType::kOtherParty:
      length_ = (length_ & 0xffffu) | static_cast<std::uint32_t>(value % (Play::kOutside + 1)) << 16;
      break;
    case OperandType::kCrashKind: length_ = static_cast<std::uint32_t>(value % kCrashKinds); break;
    case OperandType::kLength: length_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(value, 0xffffffffu)); break;
    case OperandType::kDuration: number_ = std::min(value, kLongest); break;
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: number_ = value; break;
  }
}

bool Play::add(const PlayEvent& event) {
  if (events_.size() >= limits_.events) {
    ++dropped_;
    return false;
  }
  events_.push_back(event);
  return true;
}

bool Play::connect(unsigned k, unsigned port) {
  if (k >= kMaxConnections || k >= limits_.connections || port > 0xffff) {
    ++dropped_;
    return false;
  }
  if (connects(k)) return true;
  PlayEvent event(PlayEventKind::kConnect, static_cast<std::uint8_t>(k));
  event.setOperand(OperandType::kPort, port);
  if (!add(event)) return false;
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
  if (extends) {
    events_.back().length_ += length;
  } else {
    PlayEvent event(PlayEventKind::kSend, static_cast<std::uint8_t>(k));
    event.number_ = bytes_.size();
    event.length_ = length;
    if (!onConnection(k, event)) return false;
  }
  bytes_.insert(bytes_.end(), taken.begin(), taken.end());
  return taken.size() == bytes.size();
}

bool Play::advance(Duration time) {
  if (time < Duration::zero()) throw NegativeDelay("Play::advance by " + durationText(time) + ": time only goes forward");
  return step(PlayEventKind::kAdvance, 0, {static_cast<std::uint64_t>(time.count())});
}

bool Play::latency(unsigned from, unsigned to, Duration time) {
  if (time < Duration::zero())
    throw NegativeDelay("Play::latency of " + durationText(time) + ": nothing arrives before it is sent");
  return step(PlayEventKind::kLatency, 0, {from, to, static_cast<std::uint64_t>(time.count())});
}

bool Play::onConnection(unsigned k, const PlayEvent& event) {
  if (connects(k)) [[likely]]
    return add(event);
  if (connect(k)) return add(event);
  ++dropped_;
  return false;
}

bool Play::step(PlayEventKind kind, unsigned k, std::initializer_list<std::uint64_t> operands) {
  const EventRow& row = eventRow(kind);
  PlayEvent event(kind, row.onConnection ? static_cast<std::uint8_t>(k) : std::uint8_t{0});
  const Operand* operand = row.operands.begin();
  for (const std::uint64_t value : operands) {
    if (operand == row.operands.end()) break;
    event.setOperand((operand++)->type, value);
  }
  return take(k, event);
}

bool Play::append(const Play& other, const PlayEvent& event) {
  if (event.kind == PlayEventKind::kSend) return send(event.connection, other.bytes(event));
  const EventRow& row = eventRow(event.kind);
  PlayEvent copy(event.kind, row.onConnection ? event.connection : std::uint8_t{0});
  for (const Operand& operand : row.operands) copy.setOperand(operand.type, event.operand(operand.type));
  return take(event.connection, copy);
}

/// Takes an event that has no other operands than its row.
bool Play::take(unsigned k, const PlayEvent& event) {
  if (event.kind == PlayEventKind::kConnect) return connect(k, event.port());
  if (event.kind == PlayEventKind::kSend) return true;
  if (limits_.hosts == 0 && actsOnHosts(eventRow(event.kind))) {
    ++dropped_;
    return false;
  }
  return eventRow(event.kind).onConnection ? onConnection(k, event) : add(event);
}

ByteView Play::earlierBytes(std::size_t index) const& noexcept {
  std::uint64_t back = events_[index].count();
  for (std::size_t i = index; i-- > 0;)
    if (events_[i].kind == PlayEventKind::kSend && back-- == 0) return bytes(events_[i]);
  return {};
}

void Play::clear() noexcept {
  events_.clear();
  bytes_.clear();
  connected_ = 0;
  version_ = kCodecVersion;
  dropped_ = 0;
}

namespace {

/// Draws the events of one Play. Each event is an entity of its own, so that shrinking one event
/// leaves the others alone.
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
    const EventRow* row = &kEvents[kSlotRows[number(kSlots, ChoiceSite::kPlayEvent)]];
    const unsigned k = operand(std::clamp<unsigned>(shape_.connections, 1, Play::kMaxConnections));
    if (const auto alternative = row->drawn.alternative; alternative && possible(eventRow(*alternative)) && operand(2) != 0)
      return event(eventRow(*alternative), k, actsOnHosts(eventRow(*alternative)));
    event(*row, k, true);
  }

  /// Whether the scenario has the application operations that an event needs, and lets Plays act on
  /// hosts if it does that.
  bool possible(const EventRow& row) const {
    if (actsOnHosts(row)) return play_.limits().hosts != 0;
    return shape_.appOps != 0 || std::none_of(row.operands.begin(), row.operands.end(),
                                              [](const Operand& each) { return each.type == OperandType::kOperation; });
  }

  void event(const EventRow& row, unsigned k, bool flags) {
    if (row.sends == EventSends::kOwnBytes) return send(k);
    PlayEvent event(row.kind, static_cast<std::uint8_t>(k));
    for (const Operand& each : row.operands)
      if (flags || each.type != OperandType::kFlag) event.setOperand(each.type, value(each, k, event));
    play_.append(play_, event);
  }

  std::uint64_t value(const Operand& of, unsigned k, const PlayEvent& event) {
    const std::uint32_t hosts = play_.limits().hosts;
    const auto party = [hosts](std::uint64_t number) { return number == hosts ? Play::kOutside : number; };
    switch (of.type) {
      case OperandType::kBytes: return 0;
      case OperandType::kPort: return operand(4) == 3 ? 1 : 0;
      case OperandType::kFlag: return operand(2);
      case OperandType::kTimerPoint: return operand(kTimerPoints);
      case OperandType::kConnection: return k;
      case OperandType::kOperation: return operand(shape_.appOps);
      case OperandType::kHost: return operand(hosts);
      case OperandType::kParty: return party(operand(hosts + 1));
      // not the first one
      case OperandType::kOtherParty:
        return party((std::min<std::uint64_t>(event.from(), hosts) + 1 + operand(hosts)) % (hosts + 1));
      case OperandType::kCrashKind: return operand(kCrashKinds);
      case OperandType::kDuration: return static_cast<std::uint64_t>(duration().count());
      case OperandType::kLength:
      case OperandType::kCount:
      case OperandType::kOffset:
      case OperandType::kArgument: return operand(of.drawn);
    }
    return 0;
  }

  Duration duration() {
    static constexpr Duration kUnits[] = {std::chrono::milliseconds(1), std::chrono::microseconds(1), std::chrono::seconds(1),
                                          std::chrono::minutes(1)};
    const Duration unit = kUnits[operand(4)];
    const std::uint32_t count = operand(100);
    return unit * count;
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
    // Letters and separators of text protocols come often, any other byte now and then. 0 is the
    // plainest choice.
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
