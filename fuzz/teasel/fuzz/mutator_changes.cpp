#include <teasel/fuzz/mutator.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <utility>

#include <teasel/fakes/play/choices.hpp>

// The changes that a Mutator makes. Each is one step of a mutation.

namespace teasel::fuzz {

using fakes::OperandType;
using fakes::PlayEvent;
using fakes::PlayEventKind;

namespace {

constexpr std::size_t kLongest = 4096;  // the size up to which a message is lengthened
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

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isOfWord(char c) { return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

}  // namespace

/// A message behind the part that stays as it is. Null if there is none.
Mutator::Message* Mutator::someMessage(Messages& messages, Dice& dice) const {
  const auto begin = messages.begin() + static_cast<std::ptrdiff_t>(std::min(first_, messages.size()));
  const auto count = std::count_if(begin, messages.end(), [](const Message& each) { return !each.bytes.empty(); });
  if (count == 0) return nullptr;
  std::size_t chosen = dice.below(static_cast<std::size_t>(count));
  for (auto each = begin; each != messages.end(); ++each)
    if (!each->bytes.empty() && chosen-- == 0) return &*each;
  return nullptr;
}

void Mutator::change(Messages& messages, std::size_t limit, Dice& dice) {
  if (!options_.words.empty() && dice.below(6) == 0) return insertWord(messages, limit, dice);
  const std::uint64_t kind = dice.below(100);
  Message* message = someMessage(messages, dice);
  if (kind < 22) return order(messages, dice);
  if (kind < 34 && escapes()) return insertEvent(messages, dice);
  if (kind < 44 && escapes()) return insertCut(messages, dice);
  if (kind < 50 && escapes()) return changeChoice(dice);
  if (message == nullptr) return order(messages, dice);
  if (kind < 66) return changeNumber(message->bytes, dice);
  if (kind < 74) return changeLength(message->bytes, dice);
  if (kind < 77 && escapes() && echoInto(messages, *message, dice)) return;
  if (kind < 80) return copyPart(messages, message->bytes, dice);
  if (kind < 83 && escapes()) {
    message->event.connection = static_cast<std::uint8_t>(dice.below(codec_.limits.connections));
    return;
  }
  bytes_(message->bytes, std::min(limit, message->bytes.size() + 64));
}

/// Duplicates, drops, swaps or moves messages. Where there are several connections, most moves keep
/// the order of each.
void Mutator::order(Messages& messages, Dice& dice) const {
  if (messages.empty()) return;
  const std::size_t first = std::min(first_, messages.size() - 1), count = messages.size() - first;
  const std::size_t from = first + dice.below(count), to = first + dice.below(count + 1);
  const Message copy = messages[from];
  const std::uint64_t kind = dice.below(5);
  if ((kind == 2 || kind == 3) && dice.below(4) != 0 && connectionsOf(messages) > 1) return moveAmongOthers(messages, from, dice);
  switch (kind) {
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

/// Moves a message past messages of other connections only.
void Mutator::moveAmongOthers(Messages& messages, std::size_t from, Dice& dice) const {
  const auto together = [&](const Message& other) {
    return fakes::eventRow(other.event.kind).onConnection && fakes::eventRow(messages[from].event.kind).onConnection &&
           other.event.connection == messages[from].event.connection;
  };
  std::size_t low = from, high = from;
  while (low > first_ && !together(messages[low - 1])) --low;
  while (high + 1 < messages.size() && !together(messages[high + 1])) ++high;
  const std::size_t to = low + dice.below(high - low + 1);
  const auto at = [&messages](std::size_t index) { return messages.begin() + static_cast<std::ptrdiff_t>(index); };
  if (to < from) std::rotate(at(to), at(from), at(from + 1));
  else std::rotate(at(from), at(from + 1), at(to + 1));
}

/// A power of two of seconds, up to 18 hours, or a time that is short for a protocol.
Duration Mutator::someTime(Dice& dice) {
  constexpr std::uint64_t kPowers = 17;
  const std::uint64_t drawn = dice.below(kPowers + 2);
  if (drawn < kPowers) return std::chrono::seconds(std::int64_t{1} << drawn);
  return drawn == kPowers ? std::chrono::milliseconds(1) : std::chrono::milliseconds(50);
}

/// Makes an operand: a small one, or a boundary value where any number is allowed.
std::uint64_t Mutator::operand(const fakes::Operand& of, unsigned connection, Dice& dice) const {
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
    case OperandType::kDuration: return static_cast<std::uint64_t>(someTime(dice).count());
    case OperandType::kOperation: return dice.below(options_.appOps);
    case OperandType::kLength: return 1 + dice.below(of.mutated);
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
  const std::size_t first = std::min(first_, messages.size());
  const std::size_t at = first + dice.below(messages.size() - first + 1);
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
  auto digit = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), isDigit);
  if (digit == text.end()) digit = std::find_if(text.begin(), text.end(), isDigit);
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

/// Puts a word of the dictionary into the dialog: as a message of its own, which may be the first
/// one, at the beginning of a message, at its end, or in place of a part of it. A quarter of them
/// come twice in a row, because many protocols allow what is whole to be followed by more.
void Mutator::insertWord(Messages& messages, std::size_t limit, Dice& dice) const {
  std::string word = options_.words[dice.below(options_.words.size())];
  if (word.size() > limit) return;
  if (dice.below(4) == 0 && 2 * word.size() <= limit) word += std::string(word);
  const std::uint64_t kind = dice.below(4);
  Message* message = kind == 0 ? nullptr : someMessage(messages, dice);
  if (message == nullptr) {
    const std::size_t first = std::min(first_, messages.size());
    const std::size_t at = first + dice.below(messages.size() - first + 1);
    const std::uint8_t connection = at > 0 ? messages[at - 1].event.connection : std::uint8_t{0};
    messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(at), {PlayEvent(PlayEventKind::kSend, connection), word});
    return;
  }
  std::string& text = message->bytes;
  if (kind == 1) text.insert(0, word);
  else if (kind == 2) text += word;
  else {
    const Span replaced = someSpan(text, dice);
    text.replace(replaced.begin, replaced.end - replaced.begin, word);
  }
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

/// Asks for the facts about the input, once. Returns whether facts_ is about this input.
bool Mutator::learn() {
  if (std::exchange(learned_, true) || !options_.facts) return false;
  const InputFacts* known = options_.facts(input_);
  if (known != nullptr) facts_ = known;
  return known != nullptr;
}

/// A word of a text, or a few bytes of it. The text is not empty, nor is the result.
Mutator::Span Mutator::someSpan(ByteView text, Dice& dice) {
  constexpr std::size_t kFew = 16;
  const std::size_t near = dice.below(text.size());
  Span span{near, near + 1};
  if (dice.below(4) == 0 || !isOfWord(text[near])) {
    if (dice.below(2) == 0) span.end += dice.below(std::min(text.size() - near, kFew));
    return span;
  }
  while (span.begin > 0 && isOfWord(text[span.begin - 1])) --span.begin;
  while (span.end < text.size() && isOfWord(text[span.end])) ++span.end;
  return span;
}

/// Puts an echo in place of a part of a message: the peer sends back something that the world's own
/// side has said to it, or to another peer. Offset and length are those of real output.
bool Mutator::echoInto(Messages& messages, Message& message, Dice& dice) {
  learn();
  if (facts_ == nullptr) return false;
  std::uint64_t source = message.event.connection;
  if (dice.below(4) == 0) source = dice.below(facts_->outputs.size());
  const ByteView output(facts_->outputs[source]);
  if (output.empty()) return false;
  const Span said = someSpan(output, dice), replaced = someSpan(message.bytes, dice);
  PlayEvent echo(PlayEventKind::kEcho, message.event.connection);
  echo.setOperand(OperandType::kOffset, said.begin);
  echo.setOperand(OperandType::kLength, said.end - said.begin);
  echo.setOperand(OperandType::kConnection, source);
  const Message whole = message;
  const Messages parts = {
      {whole.event, whole.bytes.substr(0, replaced.begin)}, {echo, {}}, {whole.event, whole.bytes.substr(replaced.end)}};
  const auto place = messages.erase(messages.begin() + (&message - messages.data()));
  messages.insert(place, parts.begin(), parts.end());
  return true;
}

/// Makes a value that a draw can give and that is not 0. Most of the time it is a small one, the
/// largest one, or a power of two.
std::uint64_t Mutator::drawnValue(std::uint64_t bound, Dice& dice) {
  if (bound <= 2) return 1;
  switch (dice.below(4)) {
    case 0: return 1;
    case 1: return bound - 1;
    case 2: return std::uint64_t{1} << dice.below(static_cast<std::uint64_t>(std::bit_width(bound - 1)));
    default: return 1 + dice.below(bound - 1);
  }
}

/// Gives the input another climate, or none. One record of a seed changes all that the environment
/// does.
void Mutator::changeClimate(Dice& dice) {
  constexpr auto kSeed = static_cast<std::uint16_t>(fakes::ChoiceSite::kClimateSeed);
  constexpr std::uint64_t kSeeds = std::uint64_t{1} << 14;  // what fits into two bytes of an input
  std::erase_if(records_, [](const fakes::ChoiceRecord& each) { return each.site == kSeed; });
  if (dice.below(4) != 0) records_.push_back({0, kSeed, 0, 0, 1 + dice.below(kSeeds - 1)});
  fakes::normalise(records_);
}

/// Sets a choice that a run of the input drew. The site is chosen first, so that one that seldom
/// draws is changed as often as one that always does.
void Mutator::changeChoice(Dice& dice) {
  if (dice.below(4) == 0) return changeClimate(dice);
  if (!records_.empty() && dice.below(4) == 0) {
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(dice.below(records_.size())));
    return;
  }
  learn();
  if (facts_ == nullptr || facts_->sites.empty()) return;
  const std::vector<fakes::ChoiceRecord>& draws = facts_->sites[dice.below(facts_->sites.size())].some;
  fakes::ChoiceRecord record = draws[dice.below(draws.size())];
  record.value = drawnValue(record.bound, dice);
  record.bound = 0;
  records_.push_back(record);
  fakes::normalise(records_);
}

}  // namespace teasel::fuzz
