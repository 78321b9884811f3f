#include <teasel/fuzz/mutator.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <teasel/fakes/play/choices.hpp>

// Inputs as messages and back, and the order of changes. The changes themselves are in
// mutator_changes.cpp.

namespace teasel::fuzz {

using fakes::OperandType;
using fakes::PlayEvent;
using fakes::PlayEventKind;

namespace {

constexpr std::size_t kMaxMessages = 512;  // longer inputs are mutated as bytes
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

/// Whether the event is an action of the scenario's application.
bool acts(const fakes::EventRow& row) {
  return std::any_of(row.operands.begin(), row.operands.end(),
                     [](const fakes::Operand& each) { return each.type == OperandType::kOperation; });
}

}  // namespace

Mutator::Mutator(const fakes::CodecOptions& codec, ByteMutation bytes, MutatorOptions options)
    : codec_(codec), bytes_(std::move(bytes)), options_(std::move(options)) {
  for (const fakes::EventRow* row : kInserted)
    if ((codec_.limits.hosts != 0 || !fakes::actsOnHosts(*row)) && (options_.appOps != 0 || !acts(*row)))
      inserted_.push_back(row);
}

std::uint64_t Mutator::Dice::below(std::uint64_t bound) noexcept {
  state_ += fakes::detail::kGolden;
  return bound == 0 ? 0 : fakes::detail::scaled(fakes::detail::mix(state_), bound);
}

void Mutator::messagesOf(ByteView input, Messages& messages) {
  fakes::decode(input, codec_, play_, records_);
  streams_.resize(fakes::Play::kMaxConnections);
  for (Stream& each : streams_) {
    each.bytes.clear();
    each.at = each.end = 0;
  }
  for (const PlayEvent& event : play_.events())
    if (event.kind == PlayEventKind::kSend) streams_[event.connection].bytes += play_.bytes(event).text();
  messages.clear();
  for (const PlayEvent& event : play_.events()) {
    if (event.kind == PlayEventKind::kSend) takeApart(event, messages);
    else messages.push_back({event, {}});
  }
}

/// The ends of messages are found in the whole stream. So a message that is cut is still one
/// message, and the messages after it are found.
void Mutator::takeApart(const PlayEvent& send, Messages& messages) {
  Stream& stream = streams_[send.connection];
  for (ByteView rest = play_.bytes(send); !rest.empty();) {
    if (stream.at == stream.end) {
      const ByteView left = ByteView(stream.bytes).sub(stream.at);
      const std::size_t size = options_.messageSize(left, records_);
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

/// How much at the beginning of an input stays as it is. Half of the time changes come behind a
/// place that is more often near the end than near the beginning: what stands there is reached only
/// if what comes before it, a login for example, is still right. The other half may change
/// anything, because short inputs of framing protocols have no such beginning.
std::size_t Mutator::keptPart(std::size_t count, Dice& dice) {
  if (dice.below(2) == 0) return 0;
  const std::size_t one = dice.below(count), other = dice.below(count);
  return std::max(one, other);
}

std::string Mutator::byBytes(ByteView input, std::size_t limit, Dice& dice) {
  const ByteView kept = input.sub(0, dice.below(2) == 0 ? 0 : keptPart(input.size(), dice));
  std::string text = input.sub(kept.size()).str();
  bytes_(text, limit - kept.size());
  return kept.str() + text;
}

std::string Mutator::mutated(ByteView given, std::size_t limit, std::uint64_t seed) {
  Dice dice(seed);
  const ByteView input = given.sub(0, limit);
  if (dice.below(5) == 0) return byBytes(input, limit, dice);
  Messages& messages = messages_;
  messagesOf(input, messages);
  if ((messages.empty() && options_.words.empty()) || messages.size() > kMaxMessages) return byBytes(input, limit, dice);
  input_ = given;
  learned_ = false;
  // Records that its run did not draw mean nothing, and make each run slower.
  if (!records_.empty() && learn()) records_ = facts_->live;
  first_ = keptPart(messages.size(), dice);
  for (std::uint64_t count = 1 + dice.below(4); count > 0; --count) change(messages, limit, dice);
  std::string out;
  if (!encoded(messages, limit, out) || ByteView(out) == given) return byBytes(input, limit, dice);
  return out;
}

/// The number of connections that messages are on, if these are numbered without gaps.
unsigned Mutator::connectionsOf(const Messages& messages) noexcept {
  unsigned count = 0;
  for (const Message& each : messages) count = std::max(count, each.event.connection + 1u);
  return count;
}

/// Moves messages, and records about their connections, to connections behind others.
void Mutator::shiftConnections(Messages& messages, std::vector<fakes::ChoiceRecord>& records, unsigned by) {
  for (Message& each : messages) {
    if (!fakes::eventRow(each.event.kind).onConnection) continue;
    if (each.event.kind == PlayEventKind::kEcho) each.event.setOperand(OperandType::kConnection, each.event.source() + by);
    each.event.connection = static_cast<std::uint8_t>(each.event.connection + by);
  }
  for (fakes::ChoiceRecord& record : records)
    if (record.entity >= fakes::kPlayEntities && record.entity < fakes::kStreamEntities) record.entity += 2 * by;
}

std::string Mutator::crossed(ByteView one, ByteView other, std::size_t limit, std::uint64_t seed) {
  Dice dice(seed);
  Messages& messages = messages_;
  messagesOf(one.sub(0, limit), head_);
  headRecords_ = records_;
  messagesOf(other.sub(0, limit), tail_);
  messages.clear();
  const unsigned behind = connectionsOf(head_);
  if (escapes() && behind + connectionsOf(tail_) <= codec_.limits.connections && dice.below(3) == 0) {
    // The two side by side; each keeps its own order, on connections of its own.
    shiftConnections(tail_, records_, behind);
    auto a = head_.begin();
    auto b = tail_.begin();
    while (a != head_.end() || b != tail_.end()) {
      const bool first = b == tail_.end() || (a != head_.end() && dice.below(2) == 0);
      messages.push_back(std::move(first ? *a++ : *b++));
    }
  } else {
    // Half of the time the tail begins behind as many messages as the head has: inputs of one
    // target often begin alike.
    const std::size_t kept = dice.below(head_.size() + 1);
    const std::size_t from = dice.below(2) == 0 ? std::min(kept, tail_.size()) : dice.below(tail_.size() + 1);
    std::move(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(kept), std::back_inserter(messages));
    std::move(tail_.begin() + static_cast<std::ptrdiff_t>(from), tail_.end(), std::back_inserter(messages));
  }
  records_.insert(records_.begin(), headRecords_.begin(), headRecords_.end());
  fakes::normalise(records_);
  std::string out;
  return encoded(messages, limit, out) ? out : byBytes(one.sub(0, limit), limit, dice);
}

}  // namespace teasel::fuzz
