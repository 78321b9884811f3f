#include <teasel/fuzz/mutator.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>

#include <teasel/fakes/play/choices.hpp>

namespace teasel::fuzz {

using fakes::ChoiceSite;
using fakes::PlayEvent;
using fakes::PlayEventKind;

namespace {

constexpr std::size_t kMaxSteps = 512;  // beyond, inputs are mutated as bytes
constexpr std::size_t kLongest = 4096;  // what lengthening makes of a message at most
constexpr std::uint64_t kNumbers[] = {0,
                                      1,
                                      2,
                                      3,
                                      7,
                                      8,
                                      9,
                                      10,
                                      15,
                                      16,
                                      63,
                                      64,
                                      99,
                                      100,
                                      127,
                                      128,
                                      255,
                                      256,
                                      511,
                                      512,
                                      999,
                                      1000,
                                      1023,
                                      1024,
                                      4095,
                                      4096,
                                      9999,
                                      32767,
                                      32768,
                                      65535,
                                      65536,
                                      2147483647,
                                      2147483648,
                                      4294967295,
                                      4294967296,
                                      9223372036854775807u,
                                      18446744073709551615u};
constexpr ChoiceSite kSites[] = {
    ChoiceSite::kCut,         ChoiceSite::kShortWrite,  ChoiceSite::kLatency,  ChoiceSite::kReadyOrder, ChoiceSite::kHostOrder,
    ChoiceSite::kAcceptOrder, ChoiceSite::kEofWithLast, ChoiceSite::kTimerTie, ChoiceSite::kPlayEnding, ChoiceSite::kDeliveries,
    ChoiceSite::kPausedReset, ChoiceSite::kWindow,      ChoiceSite::kStall,    ChoiceSite::kWakeups,    ChoiceSite::kWritten};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::uint64_t Mutator::Dice::below(std::uint64_t bound) noexcept {
  state_ += fakes::detail::kGolden;
  return bound == 0 ? 0 : fakes::detail::scaled(fakes::detail::mix(state_), bound);
}

Mutator::Steps Mutator::stepsOf(ByteView input) {
  fakes::decode(input, codec_, play_, records_);
  streams_.assign(fakes::Play::kMaxConnections, {});
  for (const PlayEvent& event : play_.events())
    if (event.kind == PlayEventKind::kSend) streams_[event.connection].bytes += play_.bytes(event).text();
  Steps steps;
  for (const PlayEvent& event : play_.events()) {
    if (event.kind == PlayEventKind::kSend) takeApart(event, steps);
    else steps.push_back({event, {}});
  }
  return steps;
}

/// Where messages end is seen in the whole stream: one that is cut stays one, and those behind it
/// are found.
void Mutator::takeApart(const PlayEvent& send, Steps& steps) {
  Stream& stream = streams_[send.connection];
  for (ByteView rest = play_.bytes(send); !rest.empty();) {
    if (stream.at == stream.end) {
      const ByteView left = ByteView(stream.bytes).sub(stream.at);
      const std::size_t size = messageSize_(left, records_);
      stream.end += size == 0 ? left.size() : std::min(size, left.size());
    }
    const ByteView message = rest.sub(0, stream.end - stream.at);
    steps.push_back({send, message.str()});
    stream.at += message.size();
    rest = rest.sub(message.size());
  }
}

bool Mutator::encoded(const Steps& steps, std::size_t limit, std::string& out) {
  play_.clear();
  play_.setLimits(codec_.limits);
  for (const Step& step : steps) {
    if (step.event.kind == PlayEventKind::kSend) play_.send(step.event.connection, step.bytes);
    else play_.append(play_, step.event);
  }
  try {
    out = fakes::encode(play_, records_, codec_);
  } catch (const fakes::CodecError&) {
    return false;
  }
  return !out.empty() && out.size() <= limit;
}

std::string Mutator::byBytes(ByteView input, std::size_t limit) {
  std::string text = input.sub(0, limit).str();
  bytes_(text, limit);
  return text;
}

std::string Mutator::mutated(ByteView input, std::size_t limit, std::uint64_t seed) {
  Dice dice(seed);
  if (dice.below(5) == 0) return byBytes(input, limit);
  Steps steps = stepsOf(input);
  if (steps.empty() || steps.size() > kMaxSteps) return byBytes(input, limit);
  for (std::uint64_t count = 1 + dice.below(4); count > 0; --count) change(steps, limit, dice);
  std::string out;
  return encoded(steps, limit, out) && ByteView(out) != input ? out : byBytes(input, limit);
}

std::string Mutator::crossed(ByteView one, ByteView other, std::size_t limit, std::uint64_t seed) {
  Dice dice(seed);
  Steps head = stepsOf(one);
  const std::vector<fakes::ChoiceRecord> records = records_;
  const Steps tail = stepsOf(other);
  records_.insert(records_.begin(), records.begin(), records.end());
  fakes::normalise(records_);
  Steps steps;
  if (escapes() && codec_.limits.connections > 1 && dice.below(3) == 0) {
    // Side by side, each stream in its own order.
    auto a = head.begin();
    auto b = tail.begin();
    while (a != head.end() || b != tail.end()) {
      if (b == tail.end() || (a != head.end() && dice.below(2) == 0)) {
        steps.push_back(*a++);
      } else {
        steps.push_back(*b++);
        steps.back().event.connection =
            static_cast<std::uint8_t>((steps.back().event.connection + 1u) % codec_.limits.connections);
      }
    }
  } else {
    steps.assign(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(dice.below(head.size() + 1)));
    steps.insert(steps.end(), tail.begin() + static_cast<std::ptrdiff_t>(dice.below(tail.size() + 1)), tail.end());
  }
  std::string out;
  return encoded(steps, limit, out) ? out : byBytes(one, limit);
}

Mutator::Step* Mutator::someMessage(Steps& steps, Dice& dice) {
  const std::size_t count =
      static_cast<std::size_t>(std::count_if(steps.begin(), steps.end(), [](const Step& each) { return !each.bytes.empty(); }));
  if (count == 0) return nullptr;
  std::size_t chosen = dice.below(count);
  for (Step& each : steps)
    if (!each.bytes.empty() && chosen-- == 0) return &each;
  return nullptr;
}

void Mutator::change(Steps& steps, std::size_t limit, Dice& dice) {
  const std::uint64_t kind = dice.below(100);
  Step* message = someMessage(steps, dice);
  if (kind < 28) return order(steps, dice);
  if (kind < 40 && escapes()) return insertEvent(steps, dice);
  if (kind < 50 && escapes()) return insertCut(steps, dice);
  if (kind < 54 && escapes()) return changeChoice(dice);
  if (message == nullptr) return order(steps, dice);
  if (kind < 66) return changeNumber(message->bytes, dice);
  if (kind < 74) return changeLength(message->bytes, dice);
  if (kind < 80) return copyPart(steps, message->bytes, dice);
  if (kind < 83 && escapes()) {
    message->event.connection = static_cast<std::uint8_t>(dice.below(codec_.limits.connections));
    return;
  }
  bytes_(message->bytes, std::min(limit, message->bytes.size() + 64));
}

/// Duplicates, drops, swaps or moves steps.
void Mutator::order(Steps& steps, Dice& dice) const {
  if (steps.empty()) return;
  const std::size_t from = dice.below(steps.size()), to = dice.below(steps.size() + 1);
  const Step copy = steps[from];
  switch (dice.below(5)) {
    case 0: steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(to), copy); break;
    case 1:
      if (steps.size() > 1) steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(from));
      break;
    case 2: std::swap(steps[from], steps[std::min(to, steps.size() - 1)]); break;
    case 3:
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(from));
      steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(std::min(to, steps.size())), copy);
      break;
    default: {
      // A run of up to four, once more.
      const std::size_t end = std::min(steps.size(), from + 1 + dice.below(4));
      const Steps run(steps.begin() + static_cast<std::ptrdiff_t>(from), steps.begin() + static_cast<std::ptrdiff_t>(end));
      steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(to), run.begin(), run.end());
    }
  }
}

void Mutator::insertEvent(Steps& steps, Dice& dice) const {
  static constexpr PlayEventKind kKinds[] = {PlayEventKind::kConnect,     PlayEventKind::kEndOfStream, PlayEventKind::kReset,
                                             PlayEventKind::kAdvance,     PlayEventKind::kNextTimer,   PlayEventKind::kNextTimer,
                                             PlayEventKind::kStopReading, PlayEventKind::kRead,        PlayEventKind::kShortWrite,
                                             PlayEventKind::kApp,         PlayEventKind::kEcho,        PlayEventKind::kRedeliver};
  PlayEvent event;
  event.kind = kKinds[dice.below(std::size(kKinds))];
  event.connection = static_cast<std::uint8_t>(dice.below(codec_.limits.connections));
  switch (event.kind) {
    case PlayEventKind::kEndOfStream: event.op = static_cast<std::uint16_t>(dice.below(2)); break;
    case PlayEventKind::kNextTimer: event.op = static_cast<std::uint16_t>(dice.below(3)); break;
    case PlayEventKind::kAdvance: {
      static constexpr Duration kTimes[] = {std::chrono::milliseconds(1), std::chrono::milliseconds(50), std::chrono::seconds(1),
                                            std::chrono::seconds(30),     std::chrono::minutes(2),       std::chrono::hours(1)};
      event.number = static_cast<std::uint64_t>(kTimes[dice.below(std::size(kTimes))].count());
      break;
    }
    case PlayEventKind::kApp: event.op = static_cast<std::uint16_t>(dice.below(4)); [[fallthrough]];
    case PlayEventKind::kRead:
    case PlayEventKind::kShortWrite: event.number = kNumbers[dice.below(24)]; break;
    case PlayEventKind::kEcho:
      event.number = dice.below(64);
      event.length = static_cast<std::uint32_t>(1 + dice.below(64));
      event.op = event.connection;
      break;
    case PlayEventKind::kRedeliver: event.number = dice.below(4); break;
    default: break;
  }
  // Right behind a message of the same connection, most of the time: elsewhere such events seldom
  // do anything.
  const std::size_t at = dice.below(steps.size() + 1);
  if (at > 0 && dice.below(4) != 0) event.connection = steps[at - 1].event.connection;
  steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), {event, {}});
}

/// Splits a message in two, or all of it in single bytes; in front of its end most of the time,
/// where delimiters are.
void Mutator::insertCut(Steps& steps, Dice& dice) const {
  Step* message = someMessage(steps, dice);
  if (message == nullptr) return;
  const Step whole = *message;
  const PlayEvent cut{PlayEventKind::kCut, whole.event.connection, 0, 0, 0};
  Steps parts;
  if (whole.bytes.size() <= 16 && dice.below(4) == 0) {
    for (const char byte : whole.bytes) parts.insert(parts.end(), {{whole.event, std::string(1, byte)}, {cut, {}}});
  } else {
    const std::size_t fromEnd = std::min<std::size_t>(dice.below(3), whole.bytes.size());
    const std::size_t at = dice.below(2) == 0 ? whole.bytes.size() - fromEnd : dice.below(whole.bytes.size() + 1);
    parts = {{whole.event, whole.bytes.substr(0, at)}, {cut, {}}, {whole.event, whole.bytes.substr(at)}};
  }
  const auto place = steps.erase(steps.begin() + (message - steps.data()));
  steps.insert(place, parts.begin(), parts.end());
}

/// Sets a decimal number, or one to four bytes as an integer of either order, to a value at a
/// boundary or beside itself.
void Mutator::changeNumber(std::string& text, Dice& dice) const {
  const std::uint64_t value = kNumbers[dice.below(std::size(kNumbers))];
  const std::size_t begin = dice.below(text.size());
  const auto digit = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), isDigit);
  if (digit != text.end() && dice.below(4) != 0) {
    const auto end = std::find_if_not(digit, text.end(), isDigit);
    text.replace(digit, end, std::to_string(value));
    return;
  }
  const std::size_t width = std::min(text.size() - begin, std::size_t{1} << dice.below(3));
  const bool bigEndian = dice.below(2) == 0;
  for (std::size_t i = 0; i < width; ++i) text[begin + (bigEndian ? width - 1 - i : i)] = static_cast<char>(value >> (8 * i));
}

/// Doubles a part of a message a few times, or takes half of it away; what ends the message stays.
void Mutator::changeLength(std::string& text, Dice& dice) const {
  const std::size_t end = text.size() - (text.ends_with("\r\n") ? 2 : text.ends_with('\n') ? 1 : 0);
  if (end == 0) return;
  const std::size_t at = dice.below(end);
  const std::size_t length = 1 + dice.below(std::min<std::size_t>(end - at, 8));
  if (dice.below(3) == 0) {
    text.erase(at, std::max<std::size_t>(1, (end - at) / 2));
    return;
  }
  std::string part = text.substr(at, length);
  for (std::uint64_t times = 1 + dice.below(10); times > 0 && text.size() + part.size() * 2 <= kLongest; --times) part += part;
  text.insert(at, part);
}

/// Copies a word of some message over a word of this one.
void Mutator::copyPart(Steps& steps, std::string& text, Dice& dice) const {
  const std::string source = someMessage(steps, dice)->bytes;
  const auto word = [&dice](const std::string& of) {
    const std::size_t near = dice.below(of.size());
    const std::size_t space = of.rfind(' ', near);
    const std::size_t begin = space == std::string::npos ? 0 : space + 1;
    return std::pair(begin, std::min(of.find_first_of(" \r\n", std::max(near, begin)), of.size()));
  };
  const auto [from, fromEnd] = word(source);
  const auto [to, toEnd] = word(text);
  if (fromEnd > from && toEnd >= to) text.replace(to, toEnd - to, source, from, fromEnd - from);
}

void Mutator::changeChoice(Dice& dice) {
  if (!records_.empty() && dice.below(3) == 0) {
    fakes::ChoiceRecord& record = records_[dice.below(records_.size())];
    record.value = dice.below(4);
  } else {
    fakes::ChoiceRecord record;
    record.entity = static_cast<std::uint32_t>(dice.below(6));
    record.site = static_cast<std::uint16_t>(kSites[dice.below(std::size(kSites))]);
    record.index = static_cast<std::uint32_t>(dice.below(4));
    record.value = 1 + dice.below(8);
    records_.push_back(record);
  }
  fakes::normalise(records_);
}

}  // namespace teasel::fuzz
