#include <teasel/protocols/line_only_receiver.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace teasel {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr const char* kNoDelimiter = "a line receiver needs a delimiter of at least one byte";

}  // namespace

LineOnlyReceiver::LineOnlyReceiver(std::string delimiter, std::size_t maxLength) : last_(0), delimiter_(std::move(delimiter)) {
  if (delimiter_.empty()) throw UsageError(kNoDelimiter);
  last_ = delimiter_.back();
  setMaxLength(maxLength);
}

LineOnlyReceiver::~LineOnlyReceiver() = default;

void LineOnlyReceiver::lineLengthExceeded(std::string_view line) {
  transport().failConnection(Failure(LimitExceeded("line length limit", maxLength_, line.size())));
}

void LineOnlyReceiver::dataReceived(ByteView data) {
  // Byte by byte: an ordinary byte inside a line.
  if (data.size() == 1 && data[0] != last_ && tryCumulate(data[0])) [[likely]] {
    return;
  }
  if (canCumulate(data) && std::memchr(data.data(), last_, data.size()) == nullptr) cumulate(data);
  else receive(data);
}

inline bool LineOnlyReceiver::endsHere(ByteView before, const char* begin, const char* end) const noexcept {
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

/// Where in `in` the first delimiter ends (behind its last byte) that may have begun in `before`,
/// or kNone. Looks at each byte of `in` once and never searches `before`: a delimiter ends with its
/// last byte.
inline std::size_t LineOnlyReceiver::findEnd(ByteView before, ByteView in) const noexcept {
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

bool LineOnlyReceiver::deliverInput() {
  if (!skipping_) return deliverFrames(*this);
  skip();
  return true;
}

inline Framing::FrameEnd LineOnlyReceiver::find(ByteView before, ByteView in) {
  const std::size_t room = limit_ - before.size();
  const std::size_t end = findEnd(before, in.sub(0, room));
  if (end != kNone) return {.at = end};
  if (in.size() < room) return {};
  return {.at = room, .valid = false};
}

inline void LineOnlyReceiver::deliver(ByteView frame, const FrameEnd& end) {
  if (end.valid) return lineReceived(frame.sub(0, frame.size() - delimiter_.size()).text());
  skipping_ = true;
  const std::size_t tail = std::min(frame.size(), delimiter_.size() - 1);
  context_.assign(frame.sub(frame.size() - tail).text());
  framingChanged();
  lineLengthExceeded(frame.text());
}

std::size_t LineOnlyReceiver::bytesNeeded() const noexcept { return skipping_ ? 0 : limit_; }

void LineOnlyReceiver::skip() {
  const std::size_t end = findEnd(context_, input());
  if (end != kNone) {
    skipping_ = false;
    setInput(input().sub(end));
    return;
  }
  const std::size_t tail = delimiter_.size() - 1;
  if (input().size() < tail) {
    context_.append(input().data(), input().size());
    if (context_.size() > tail) context_.erase(0, context_.size() - tail);
  } else {
    context_.assign(input().sub(input().size() - tail).text());
  }
  setInput({});
}

void LineOnlyReceiver::sendLine(ByteView line) {
  transport().write(line);
  transport().write(delimiter_);
}

void LineOnlyReceiver::setDelimiter(std::string delimiter) {
  if (delimiter.empty()) throw UsageError(kNoDelimiter);
  delimiter_ = std::move(delimiter);
  last_ = delimiter_.back();
  context_.clear();
  setMaxLength(maxLength_);
  deliverBuffered();
}

void LineOnlyReceiver::setMaxLength(std::size_t bytes) {
  maxLength_ = std::min(bytes, std::numeric_limits<std::size_t>::max() - delimiter_.size());
  limit_ = maxLength_ + delimiter_.size();
  framingChanged();
}

}  // namespace teasel
