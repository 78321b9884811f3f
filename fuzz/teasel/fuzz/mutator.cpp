#include <teasel/fuzz/mutator.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include <teasel/fakes/play/choices.hpp>

namespace teasel::fuzz {

using fakes::Decider;
using fakes::OperandType;
using fakes::PlayEvent;
using fakes::PlayEventKind;

namespace {

constexpr std::size_t kMaxMessages = 512;  // longer inputs are mutated as bytes
constexpr std::size_t kLongest = 4096;     // the size up to which a message is lengthened
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
constexpr std::size_t kInsertedCount = [] {
  std::size_t count = 0;
  for (const fakes::EventRow& row : fakes::kEvents) count += row.inserted;
  return count;
}();
/// The rows of events. Each stands there as often as it is inserted in relation to the others.
constexpr std::array<const fakes::EventRow*, kInsertedCount> kInserted = [] {
  std::array<const fakes::EventRow*, kInsertedCount> rows{};
  std::size_t at = 0;
  for (const fakes::EventRow& row : fakes::kEvents)
    for (std::size_t i = 0; i < row.inserted; ++i) rows[at++] = &row;
  return rows;
}();

bool isDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Mutator::Mutator(const fakes::CodecOptions& codec, ByteMutation bytes, fakes::MessageSize messageSize,
                 const fakes::Faults& faults)
    : codec_(codec), bytes_(std::move(bytes)), messageSize_(messageSize) {
  for (const fakes::ChoiceSiteRow& row : fakes::kChoiceSites)
    if (fakes::drawnInWorld(row, faults)) sites_.push_back(&row);
  for (const fakes::EventRow* row : kInserted)
    if (codec_.limits.hosts != 0 || !fakes::actsOnHosts(*row)) inserted_.push_back(row);
}

std::uint64_t Mutator::Dice::below(std::uint64_t bound) noexcept {
  state_ += fakes::detail::kGolden;
  return bound == 0 ? 0 : fakes::detail::scaled(fakes::detail::mix(state_), bound);
}

Mutator::Messages Mutator::messagesOf(ByteView input) {
  fakes::decode(input, codec_, play_, records_);
  streams_.assign(fakes::Play::kMaxConnections, {});
  for (const PlayEvent& event : play_.events())
    if (event.kind == PlayEventKind::kSend) streams_[event.connection].bytes += play_.bytes(event).text();
  Messages messages;
  for (const PlayEvent& event : play_.events()) {
    if (event.kind == PlayEventKind::kSend) takeApart(event, messages);
    else messages.push_back({event, {}});
  }
  return messages;
}

/// The ends of messages are found in the whole stream. So a message that is cut is still one
/// message, and the messages after it are found.
void Mutator::takeApart(const PlayEvent& send, Messages& messages) {
  Stream& stream = streams_[send.connection];
  for (ByteView rest = play_.bytes(send); !rest.empty();) {
    if (stream.at == stream.end) {
      const ByteView left = ByteView(stream.bytes).sub(stream.at);
      const std::size_t size = messageSize_(left, records_);
      stream.end += size == 0 ? left.size() : std::min(size, left.size());
    }
    const ByteView message = rest.sub(0, stream.end - stream.at);
    messages.push_back({send, message.str()});
    stream.at += message.size();
    rest = rest.sub(message.size());
  }
}

bool Mutator::encoded(const Messages& messages, std::size_t limit, std::string& out) {
  // What is made anew has the newest version, whatever it was made from.
  play_.clear();
  if (!escapes()) play_.setVersion(1);  // nothing else can be written
  play_.setLimits(codec_.limits);
  for (const Message& each : messages) {
    if (each.event.kind == PlayEventKind::kSend) play_.send(each.event.connection, each.bytes);
    else play_.append(play_, each.event);
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
  Messages messages = messagesOf(input);
  if (messages.empty() || messages.size() > kMaxMessages) return byBytes(input, limit);
  for (std::uint64_t count = 1 + dice.below(4); count > 0; --count) change(messages, limit, dice);
  std::string out;
  return encoded(messages, limit, out) && ByteView(out) != input ? out : byBytes(input, limit);
}

std::string Mutator::crossed(ByteView one, ByteView other, std::size_t limit, std::uint64_t seed) {
  Dice dice(seed);
  Messages head = messagesOf(one);
  const std::vector<fakes::ChoiceRecord> records = records_;
  const Messages tail = messagesOf(other);
  records_.insert(records_.begin(), records.begin(), records.end());
  fakes::normalise(records_);
  Messages messages;
  if (escapes() && codec_.limits.connections > 1 && dice.below(3) == 0) {
    // The two side by side; each keeps its own order.
    auto a = head.begin();
    auto b = tail.begin();
    while (a != head.end() || b != tail.end()) {
      if (b == tail.end() || (a != head.end() && dice.below(2) == 0)) {
        messages.push_back(*a++);
      } else {
        messages.push_back(*b++);
        messages.back().event.connection =
            static_cast<std::uint8_t>((messages.back().event.connection + 1u) % codec_.limits.connections);
      }
    }
  } else {
    messages.assign(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(dice.below(head.size() + 1)));
    messages.insert(messages.end(), tail.begin() + static_cast<std::ptrdiff_t>(dice.below(tail.size() + 1)), tail.end());
  }
  std::string out;
  return encoded(messages, limit, out) ? out : byBytes(one, limit);
}

Mutator::Message* Mutator::someMessage(Messages& messages, Dice& dice) {
  const std::size_t count = static_cast<std::size_t>(
      std::count_if(messages.begin(), messages.end(), [](const Message& each) { return !each.bytes.empty(); }));
  if (count == 0) return nullptr;
  std::size_t chosen = dice.below(count);
  for (Message& each : messages)
    if (!each.bytes.empty() && chosen-- == 0) return &each;
  return nullptr;
}

void Mutator::change(Messages& messages, std::size_t limit, Dice& dice) {
  const std::uint64_t kind = dice.below(100);
  Message* message = someMessage(messages, dice);
  if (kind < 28) return order(messages, dice);
  if (kind < 40 && escapes()) return insertEvent(messages, dice);
  if (kind < 50 && escapes()) return insertCut(messages, dice);
  if (kind < 54 && escapes()) return changeChoice(dice);
  if (message == nullptr) return order(messages, dice);
  if (kind < 66) return changeNumber(message->bytes, dice);
  if (kind < 74) return changeLength(message->bytes, dice);
  if (kind < 80) return copyPart(messages, message->bytes, dice);
  if (kind < 83 && escapes()) {
    message->event.connection = static_cast<std::uint8_t>(dice.below(codec_.limits.connections));
    return;
  }
  bytes_(message->bytes, std::min(limit, message->bytes.size() + 64));
}

/// Duplicates, drops, swaps or moves messages.
void Mutator::order(Messages& messages, Dice& dice) const {
  if (messages.empty()) return;
  const std::size_t from = dice.below(messages.size()), to = dice.below(messages.size() + 1);
  const Message copy = messages[from];
  switch (dice.below(5)) {
    case 0: messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(to), copy); break;
    case 1:
      if (messages.size() > 1) messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(from));
      break;
    case 2: std::swap(messages[from], messages[std::min(to, messages.size() - 1)]); break;
    case 3:
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(from));
      messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(std::min(to, messages.size())), copy);
      break;
    default: {
      // Repeats a run of up to four.
      const std::size_t end = std::min(messages.size(), from + 1 + dice.below(4));
      const Messages run(messages.begin() + static_cast<std::ptrdiff_t>(from),
                         messages.begin() + static_cast<std::ptrdiff_t>(end));
      messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(to), run.begin(), run.end());
    }
  }
}

/// Makes an operand: a small one, or a boundary value where any number is allowed.
std::uint64_t Mutator::operand(const fakes::Operand& of, unsigned connection, Dice& dice) const {
  static constexpr Duration kTimes[] = {std::chrono::milliseconds(1), std::chrono::milliseconds(50), std::chrono::seconds(1),
                                        std::chrono::seconds(30),     std::chrono::minutes(2),       std::chrono::hours(1)};
  static constexpr std::size_t kSmallNumbers = 24;  // of kNumbers
  switch (of.type) {
    case OperandType::kBytes:
    case OperandType::kPort: return 0;
    case OperandType::kFlag: return dice.below(2);
    case OperandType::kTimerPoint: return dice.below(fakes::kTimerPoints);
    case OperandType::kConnection: return connection;
    case OperandType::kHost: return dice.below(codec_.limits.hosts);
    case OperandType::kParty:
    case OperandType::kOtherParty: {
      const std::uint64_t party = dice.below(std::uint64_t{codec_.limits.hosts} + 1);
      return party == codec_.limits.hosts ? fakes::Play::kOutside : party;
    }
    case OperandType::kCrashKind: return dice.below(fakes::kCrashKinds);
    case OperandType::kDuration: return static_cast<std::uint64_t>(kTimes[dice.below(std::size(kTimes))].count());
    case OperandType::kLength: return 1 + dice.below(of.mutated);
    case OperandType::kOperation:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return of.mutated != 0 ? dice.below(of.mutated) : kNumbers[dice.below(kSmallNumbers)];
  }
  return 0;
}

void Mutator::insertEvent(Messages& messages, Dice& dice) const {
  const fakes::EventRow& row = *inserted_[dice.below(inserted_.size())];
  PlayEvent event(row.kind, static_cast<std::uint8_t>(dice.below(codec_.limits.connections)));
  for (const fakes::Operand& each : row.operands) event.setOperand(each.type, operand(each, event.connection, dice));
  // Most of the time the event comes right after a message of the same connection. In other places
  // such events seldom do anything.
  const std::size_t at = dice.below(messages.size() + 1);
  if (at > 0 && dice.below(4) != 0) event.connection = messages[at - 1].event.connection;
  messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(at), {event, {}});
}

/// Splits a message in two, or a short one into single bytes. Most of the time the cut is near the
/// end, where delimiters are.
void Mutator::insertCut(Messages& messages, Dice& dice) const {
  Message* message = someMessage(messages, dice);
  if (message == nullptr) return;
  const Message whole = *message;
  const PlayEvent cut(PlayEventKind::kCut, whole.event.connection);
  Messages parts;
  if (whole.bytes.size() <= 16 && dice.below(4) == 0) {
    for (const char byte : whole.bytes) parts.insert(parts.end(), {{whole.event, std::string(1, byte)}, {cut, {}}});
  } else {
    const std::size_t fromEnd = std::min<std::size_t>(dice.below(3), whole.bytes.size());
    const std::size_t at = dice.below(2) == 0 ? whole.bytes.size() - fromEnd : dice.below(whole.bytes.size() + 1);
    parts = {{whole.event, whole.bytes.substr(0, at)}, {cut, {}}, {whole.event, whole.bytes.substr(at)}};
  }
  const auto place = messages.erase(messages.begin() + (message - messages.data()));
  messages.insert(place, parts.begin(), parts.end());
}

/// Sets a number to a boundary value. The number is a decimal one, or an integer of one, two or
/// four bytes in either order.
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

/// Doubles a part of a message a few times, or removes half of it. The end of the message stays.
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

/// Copies a word of some message over a word of this message.
void Mutator::copyPart(Messages& messages, std::string& text, Dice& dice) const {
  const std::string source = someMessage(messages, dice)->bytes;
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

/// Makes an entity that may decide at a site, as far as its number can be guessed.
std::uint32_t Mutator::entity(Decider decider, Dice& dice) const {
  static constexpr std::uint32_t kHosts = 3, kStreams = 2;
  const std::uint32_t connections = std::max<std::uint32_t>(codec_.limits.connections, 1);
  switch (decider) {
    case Decider::kWorld: return 0;
    case Decider::kHost: return static_cast<std::uint32_t>(dice.below(kHosts));
    case Decider::kDirection:
      if (dice.below(8) == 0) return fakes::kStreamEntities + static_cast<std::uint32_t>(dice.below(std::uint64_t{2} * kStreams));
      return fakes::kPlayEntities + static_cast<std::uint32_t>(dice.below(std::uint64_t{2} * connections));
    case Decider::kPlay: return fakes::kPlayEntities + 2 * static_cast<std::uint32_t>(dice.below(connections));
    case Decider::kDraw:
    case Decider::kTest: break;
  }
  return 0;
}

void Mutator::changeChoice(Dice& dice) {
  if (!records_.empty() && dice.below(3) == 0) {
    fakes::ChoiceRecord& record = records_[dice.below(records_.size())];
    record.value = dice.below(4);
  } else {
    const fakes::ChoiceSiteRow& row = *sites_[dice.below(sites_.size())];
    fakes::ChoiceRecord record;
    record.entity = entity(row.decider, dice);
    record.site = static_cast<std::uint16_t>(row.site);
    record.index = static_cast<std::uint32_t>(dice.below(4));
    record.value = 1 + dice.below(8);
    records_.push_back(record);
  }
  fakes::normalise(records_);
}

}  // namespace teasel::fuzz
