#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/string_too_long.hpp>

namespace teasel {

/// What came is no netstring: what was expected, what came instead, and where.
class NetstringParseError : public std::runtime_error {
 public:
  NetstringParseError(std::string_view expected, char got, std::size_t at);
  /// Offset of the byte that is wrong, from the beginning of its netstring.
  std::size_t at() const noexcept { return at_; }

 private:
  std::size_t at_;
};

/// Strings of bytes as netstrings: the length in decimal digits, ':', the bytes, ','. The model is
/// twisted.protocols.basic.NetstringReceiver, the format D. J. Bernstein's netstrings.txt (1997):
/// no leading zeros, so that each string has one form. What holds for every protocol that cuts a
/// stream into frames stands at Framing.
///
/// A length is judged digit by digit, before any of its string is awaited; nothing is allocated for
/// it in advance.
class NetstringReceiver : public Framing {
 public:
  /// The longest string that is accepted and sent until setMaxLength (Twisted: MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 99999;

  explicit NetstringReceiver(std::size_t maxLength = kMaxLength);
  ~NetstringReceiver() override;

  /// A string, whole; it may be empty. `string` is borrowed for the call.
  virtual void stringReceived(ByteView string) = 0;
  /// The peer broke the format: `why` is LimitExceeded for a length above maxLength, else
  /// NetstringParseError. The default ends the connection with it. Whatever an override does,
  /// nothing more is delivered: there is no way to find the next netstring.
  virtual void netstringError(const Failure& why);

  /// Writes a netstring. Throws StringTooLongError above maxLength; nothing is written then.
  void sendString(ByteView string);

  /// Whether netstringError was called.
  bool brokenPeer() const noexcept { return broken_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next string on; one that is being received already must fit, too. At most
  /// kLargestMaxLength.
  void setMaxLength(std::size_t bytes);
  static constexpr std::size_t kLargestMaxLength = static_cast<std::size_t>(-1) / 16;

 protected:
  bool deliverInput() override;
  std::size_t bytesNeeded() const noexcept override;

 private:
  friend class Framing;
  FrameEnd find(ByteView before, ByteView in) final;
  void deliver(ByteView frame, const FrameEnd& end) final;
  Failure errorOf(ByteView frame) const;

  bool broken_ = false;
  std::size_t maxLength_ = kMaxLength;
};

}  // namespace teasel
