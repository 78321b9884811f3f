#include <teasel/protocols/netstring_receiver.hpp>

#include <algorithm>
#include <charconv>

namespace teasel {

namespace {

bool isDigit(char byte) noexcept { return byte >= '0' && byte <= '9'; }

/// The beginning of a netstring, up to its colon.
struct Header {
  // digits and colon; when bad, up to the byte that is wrong, included; 0: not all of it is here
  std::size_t size = 0;
  std::size_t length = 0;  // as far as it was read
  bool bad = false;
};

/// `byteAt(i)` is the i-th of `available` bytes.
template <class ByteAt>
Header readHeader(ByteAt byteAt, std::size_t available, std::size_t maxLength) noexcept {
  std::size_t length = 0;
  for (std::size_t at = 0; at < available; ++at) {
    const char byte = byteAt(at);
    if (byte == ':' && at > 0) return {at + 1, length, false};
    if (!isDigit(byte) || (at > 0 && length == 0)) return {at + 1, length, true};
    length = length * 10 + static_cast<std::size_t>(byte - '0');
    if (length > maxLength) return {at + 1, length, true};
  }
  return {};
}

Header readHeader(ByteView bytes, std::size_t maxLength) noexcept {
  return readHeader([bytes](std::size_t at) { return bytes[at]; }, bytes.size(), maxLength);
}

}  // namespace

NetstringParseError::NetstringParseError(std::string_view expected, char got, std::size_t at)
    : std::runtime_error("byte " + std::to_string(at) + " of a netstring must be " + std::string(expected) + ", got \"" +
                         escaped({&got, 1}) + "\""),
      at_(at) {}

NetstringReceiver::NetstringReceiver(std::size_t maxLength) { setMaxLength(maxLength); }

NetstringReceiver::~NetstringReceiver() = default;

void NetstringReceiver::netstringError(const Failure& why) { transport().failConnection(why); }

bool NetstringReceiver::deliverInput() {
  if (!broken_) return deliverFrames(*this);
  setInput({});
  return true;
}

inline Framing::FrameEnd NetstringReceiver::find(ByteView before, ByteView in) {
  const std::size_t held = before.size(), all = held + in.size();
  const Header header = held == 0
                            ? readHeader(in, maxLength_)
                            : readHeader([=](std::size_t at) { return at < held ? before[at] : in[at - held]; }, all, maxLength_);
  if (header.size == 0) return {};
  if (header.bad) return {.at = header.size - held, .valid = false};
  const std::size_t size = header.size + header.length + 1;
  if (all < size) return {};
  return {.at = size - held, .valid = in[size - held - 1] == ',', .payload = header.size};
}

inline void NetstringReceiver::deliver(ByteView frame, const FrameEnd& end) {
  if (end.valid) return stringReceived(frame.sub(end.payload, frame.size() - end.payload - 1));
  broken_ = true;
  framingChanged();
  netstringError(errorOf(frame));
}

/// Of a frame that ends with the byte that is wrong.
Failure NetstringReceiver::errorOf(ByteView frame) const {
  const std::size_t at = frame.size() - 1;
  const char got = frame[at];
  const Header header = readHeader(frame, maxLength_);
  if (!header.bad) return Failure(NetstringParseError("','", got, at));
  if (header.length > maxLength_) return Failure(LimitExceeded("netstring length limit", maxLength_, header.length));
  if (at == 0) return Failure(NetstringParseError("a digit", got, at));
  return Failure(NetstringParseError(header.length == 0 ? "':'" : "a digit or ':'", got, at));
}

std::size_t NetstringReceiver::bytesNeeded() const noexcept {
  if (broken_) return 0;
  const Header header = readHeader(cumulation(), maxLength_);
  return header.size == 0 ? 0 : header.size + header.length + 1;
}

void NetstringReceiver::sendString(ByteView string) {
  if (string.size() > maxLength_) throw StringTooLongError("maxLength", maxLength_, string.size());
  char header[24];
  char* const end = std::to_chars(header, header + sizeof header - 1, string.size()).ptr;
  *end = ':';
  transport().write({header, static_cast<std::size_t>(end - header) + 1});
  transport().write(string);
  transport().write(",");
}

void NetstringReceiver::setMaxLength(std::size_t bytes) {
  maxLength_ = std::min(bytes, kLargestMaxLength);
  framingChanged();
}

}  // namespace teasel
