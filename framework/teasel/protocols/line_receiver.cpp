#include <teasel/protocols/line_receiver.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/sanitizers.hpp>

namespace teasel {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kFirstCapacity = 128;
/// More memory than this is given back as soon as nothing is held.
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10;

}  // namespace

LineReceiver::LineReceiver(std::string delimiter, std::size_t maxLength) : last_(0), delimiter_(std::move(delimiter)) {
  if (delimiter_.empty()) throw UsageError("LineReceiver needs a delimiter of at least one byte");
  last_ = delimiter_.back();
  setMaxLength(maxLength);
}

LineReceiver::~LineReceiver() = default;

void LineReceiver::rawDataReceived(ByteView) {
  throw UsageError(logPrefix() + " is in raw mode and does not override rawDataReceived");
}

void LineReceiver::lineLengthExceeded(std::string_view line) {
  transport().failConnection(Failure(LimitExceeded("line length limit", maxLength_, line.size())));
}

void LineReceiver::dataReceived(ByteView data) {
  // Byte by byte: an ordinary byte inside a line.
  if (data.size() == 1 && end_ < fastEnd_ && data[0] != last_) [[likely]] {
    *end_++ = data[0];
    return;
  }
  receive(data);
}

void LineReceiver::receive(ByteView data) {
  if (busy_) late_.append(data.data(), data.size());
  else if (!data.empty()) run(data);
}

void LineReceiver::run(ByteView data) {
  busy_ = true;
  fastEnd_ = nullptr;
  std::string more;
  try {
    process(data);
    while (!late_.empty() && !stopped()) {
      keepRest();
      more = std::exchange(late_, {});
      process(more);
    }
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

void LineReceiver::process(ByteView data) {
  if (partial_ && begin_ != end_) {
    processPartial(data);
  } else if (begin_ == end_) {
    rest_ = data;
    deliverRest();
  } else {
    append(data);
    rest_ = held();
    restHeld_ = true;
    clearHeld();
    deliverRest();
  }
}

// Completes the line whose beginning is held, then goes on in the chunk itself.
void LineReceiver::processPartial(ByteView data) {
  if (stopped()) {
    partial_ = false;
    append(data);
    return;
  }
  const std::size_t room = limit_ - held().size();
  std::size_t end = findEnd(held(), data.sub(0, room));
  if (end == kNone && data.size() < room) {
    append(data);
    return;
  }
  const bool complete = end != kNone;
  if (!complete) end = room;
  append(data.sub(0, end));
  const ByteView line = held();
  clearHeld();
  partial_ = false;
  rest_ = data.sub(end);
  if (complete) lineReceived(line.sub(0, line.size() - delimiter_.size()).text());
  else exceeded(line);
  if constexpr (detail::kSanitized) release();  // a view kept past its callback now points to memory that is gone
  deliverRest();
}

void LineReceiver::deliverRest() {
  partial_ = false;
  while (!rest_.empty() && !stopped()) {
    if (raw_) {
      given_ = std::exchange(rest_, ByteView());
      rawDataReceived(given_);
      given_ = {};
    } else if (skipping_) {
      skip();
    } else if (!deliverLines()) {
      partial_ = true;
      return;
    }
  }
}

// False when only the beginning of a line is left. The position is kept in registers and written to rest_ for the callback:
// reading it back from there each time would put a store and a load between one search and the next.
bool LineReceiver::deliverLines() {
  const char* at = rest_.begin();
  const char* const stop = rest_.end();
  const std::size_t delimiter = delimiter_.size();
  changed_ = false;
  do {
    const std::size_t left = static_cast<std::size_t>(stop - at);
    const std::size_t end = findEnd({}, {at, std::min(left, limit_)});
    if (end == kNone && left < limit_) return false;
    const ByteView line(at, end == kNone ? limit_ : end - delimiter);
    at += end == kNone ? limit_ : end;
    rest_ = {at, static_cast<std::size_t>(stop - at)};
    if (end != kNone) lineReceived(line.text());
    else exceeded(line);
  } while (at != stop && !changed_ && !stopped());
  return true;
}

void LineReceiver::exceeded(ByteView line) {
  skipping_ = changed_ = true;
  const std::size_t tail = std::min(line.size(), delimiter_.size() - 1);
  context_.assign(line.sub(line.size() - tail).text());
  lineLengthExceeded(line.text());
}

void LineReceiver::skip() {
  const std::size_t end = findEnd(context_, rest_);
  if (end != kNone) {
    skipping_ = false;
    rest_ = rest_.sub(end);
    return;
  }
  const std::size_t tail = delimiter_.size() - 1;
  if (rest_.size() < tail) {
    context_.append(rest_.data(), rest_.size());
    if (context_.size() > tail) context_.erase(0, context_.size() - tail);
  } else {
    context_.assign(rest_.sub(rest_.size() - tail).text());
  }
  rest_ = {};
}

/// Where in `in` the first delimiter ends (behind its last byte) that may have begun in `before`, or kNone. Looks at each
/// byte of `in` once and never searches `before`: a delimiter ends with its last byte.
std::size_t LineReceiver::findEnd(ByteView before, ByteView in) const noexcept {
  const char* at = in.begin();
  const char* const stop = in.end();
  while (at != stop) {
    at = static_cast<const char*>(std::memchr(at, last_, static_cast<std::size_t>(stop - at)));
    if (at == nullptr) break;
    ++at;
    if (endsHere(before, in.begin(), at)) return static_cast<std::size_t>(at - in.begin());
  }
  return kNone;
}

inline bool LineReceiver::endsHere(ByteView before, const char* begin, const char* end) const noexcept {
  const std::size_t size = delimiter_.size(), here = static_cast<std::size_t>(end - begin);
  if (here >= size) {
    if (size == 1) return true;
    if (end[-2] != delimiter_[size - 2]) return false;
    return size == 2 || std::memcmp(end - size, delimiter_.data(), size) == 0;
  }
  const std::size_t outside = size - here;
  return before.size() >= outside && std::memcmp(before.end() - outside, delimiter_.data(), outside) == 0 &&
         std::memcmp(begin, delimiter_.data() + outside, here) == 0;
}

void LineReceiver::setRawMode() {
  raw_ = changed_ = true;
  skipping_ = partial_ = false;
  fastEnd_ = nullptr;
}

void LineReceiver::setLineMode(ByteView extra) {
  raw_ = skipping_ = false;
  changed_ = true;
  if (!busy_) {
    if (extra.empty()) enterIdle();
    else receive(extra.str() + clearLineBuffer());
  } else if (rest_.empty() && extra.size() <= given_.size() && extra.end() == given_.end()) {
    rest_ = extra;
  } else if (!extra.empty()) {
    std::string all = extra.str();
    all.append(rest_.data(), rest_.size());
    late_.insert(0, all);
    rest_ = {};
  }
}

std::string LineReceiver::clearLineBuffer() {
  std::string all = held().str();
  all.append(rest_.data(), rest_.size());
  all.append(late_);
  clearHeld();
  rest_ = {};
  late_.clear();
  skipping_ = false;
  changed_ = true;
  if (!busy_) enterIdle();
  return all;
}

void LineReceiver::sendLine(std::string_view line) {
  transport().write(line);
  transport().write(delimiter_);
}

void LineReceiver::setMaxLength(std::size_t bytes) {
  maxLength_ = std::min(bytes, std::numeric_limits<std::size_t>::max() - delimiter_.size());
  limit_ = maxLength_ + delimiter_.size();
  if (held().size() >= limit_) partial_ = false;
  if (!busy_) enterIdle();
}

std::size_t LineReceiver::bufferedBytes() const noexcept { return held().size() + rest_.size() + late_.size(); }

void LineReceiver::producingResumed() {
  if (!busy_ && !partial_ && begin_ != end_) run({});
}

void LineReceiver::keepRest() {
  given_ = {};
  if (restHeld_ && !rest_.empty()) {
    begin_ = memory_.get() + (rest_.begin() - memory_.get());
    end_ = begin_ + rest_.size();
  } else {
    append(rest_);
  }
  rest_ = {};
  restHeld_ = false;
}

// After the last callback: what was not delivered is held, unless nobody will ever get it.
void LineReceiver::finish() {
  busy_ = false;
  keepRest();
  if (!late_.empty()) {
    append(late_);
    late_.clear();
    partial_ = false;
  }
  if (begin_ != end_ && !partial_ && transport().disconnecting()) clearHeld();
  enterIdle();
}

void LineReceiver::enterIdle() noexcept {
  if (begin_ == end_) {
    if (capacity_ > kKeptCapacity) release();
    clearHeld();
    partial_ = true;
  }
  partial_ = partial_ && !raw_ && !skipping_;
  fastEnd_ = partial_ ? begin_ + std::min(limit_ - 1, capacity_ - static_cast<std::size_t>(begin_ - memory_.get())) : nullptr;
}

// Doubles, or moves what is held to the front where at least as much has been consumed: each byte is copied a bounded
// number of times on average.
void LineReceiver::append(ByteView data) {
  if (data.empty()) return;
  const std::size_t size = held().size(), consumed = static_cast<std::size_t>(begin_ - memory_.get());
  if (capacity_ - consumed - size < data.size()) {
    if (consumed >= size && capacity_ - size >= data.size()) {
      std::memmove(memory_.get(), begin_, size);
    } else {
      const std::size_t capacity = std::max({kFirstCapacity, 2 * size, size + data.size()});
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (size > 0) std::memcpy(larger.get(), begin_, size);
      memory_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = memory_.get();
    end_ = begin_ + size;
  }
  std::memcpy(end_, data.data(), data.size());
  end_ += data.size();
}

void LineReceiver::release() noexcept {
  memory_.reset();
  capacity_ = 0;
  clearHeld();
}

}  // namespace teasel
