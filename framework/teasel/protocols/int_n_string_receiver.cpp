#include <teasel/protocols/int_n_string_receiver.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace teasel {

namespace {

constexpr std::size_t kWidest = 8;

}  // namespace

IntNStringReceiver::IntNStringReceiver(std::size_t prefixLength, std::size_t maxLength) : prefixLength_(prefixLength) {
  if (prefixLength == 0 || prefixLength > kWidest)
    throw UsageError("a string's prefix has 1 to 8 bytes, not " + std::to_string(prefixLength));
  setMaxLength(maxLength);
}

IntNStringReceiver::~IntNStringReceiver() = default;

void IntNStringReceiver::lengthLimitExceeded(std::uint64_t length) {
  transport().failConnection(Failure(LimitExceeded("string length limit", maxLength_, static_cast<std::size_t>(length))));
}

bool IntNStringReceiver::deliverInput() {
  if (skip_ == 0) return deliverFrames(*this);
  const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, input().size()));
  skip_ -= skipped;
  setInput(input().sub(skipped));
  return true;
}

std::uint64_t IntNStringReceiver::lengthIn(ByteView prefix) const noexcept {
  std::uint64_t length = 0;
  for (std::size_t at = 0; at < prefixLength_; ++at) length = length << 8 | static_cast<unsigned char>(prefix[at]);
  return length;
}

inline Framing::FrameEnd IntNStringReceiver::find(ByteView before, ByteView in) {
  const std::size_t held = before.size(), all = held + in.size();
  if (all < prefixLength_) return {};
  std::uint64_t length = 0;
  if (held == 0) {
    length = lengthIn(in);
  } else if (held >= prefixLength_) {
    length = lengthIn(before);
  } else {
    char prefix[kWidest];
    std::memcpy(prefix, before.data(), held);
    std::memcpy(prefix + held, in.data(), prefixLength_ - held);
    length = lengthIn({prefix, prefixLength_});
  }
  if (length > maxLength_) return {.at = prefixLength_ - held, .valid = false};
  const std::size_t size = prefixLength_ + static_cast<std::size_t>(length);
  return all < size ? FrameEnd{} : FrameEnd{.at = size - held};
}

inline void IntNStringReceiver::deliver(ByteView frame, const FrameEnd& end) {
  if (end.valid) return stringReceived(frame.sub(prefixLength_));
  const std::uint64_t length = skip_ = lengthIn(frame);
  framingChanged();
  lengthLimitExceeded(length);
}

std::size_t IntNStringReceiver::bytesNeeded() const noexcept {
  if (skip_ > 0) return 0;
  if (cumulation().size() < prefixLength_) return prefixLength_;
  return prefixLength_ + static_cast<std::size_t>(lengthIn(cumulation()));
}

void IntNStringReceiver::sendString(ByteView string) {
  if (prefixLength_ < sizeof(std::uint64_t) && string.size() >> (8 * prefixLength_) != 0)
    throw StringTooLongError("most that a prefix of " + std::to_string(8 * prefixLength_) + " bits can say",
                             (std::size_t{1} << (8 * prefixLength_)) - 1, string.size());
  if (string.size() > maxLength_) throw StringTooLongError("maxLength", maxLength_, string.size());
  char prefix[kWidest];
  for (std::size_t at = 0, size = string.size(); at < prefixLength_; ++at, size >>= 8)
    prefix[prefixLength_ - 1 - at] = static_cast<char>(size & 0xff);
  transport().write({prefix, prefixLength_});
  transport().write(string);
}

void IntNStringReceiver::setMaxLength(std::size_t bytes) {
  maxLength_ = std::min(bytes, std::numeric_limits<std::size_t>::max() - kWidest);
  framingChanged();
}

}  // namespace teasel
