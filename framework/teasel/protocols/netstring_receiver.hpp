#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/string_too_long.hpp>

namespace teasel {

/// A byte arrived that no netstring can have at its place. The text says what was expected, which
/// byte came instead, and where.
class NetstringParseError : public std::runtime_error {
 public:
  NetstringParseError(std::string_view expected, char got, std::size_t at);
  /// The offset of the wrong byte from the beginning of its netstring.
  std::size_t at() const noexcept { return at_; }

 private:
  std::size_t at_;
};

/// Receives and sends strings of bytes as netstrings: the length in decimal digits, ':', the bytes,
/// ','. A length has no leading zeros, so each string has one form only. The format is that of D.
/// J. Bernstein's netstrings.txt (1997), the model is twisted.protocols.basic.NetstringReceiver.
/// What holds for every framing protocol is written at Framing.
///
/// A length is judged digit by digit, before any byte of its string arrives. Nothing is allocated
/// for a length that was only announced.
class NetstringReceiver : public Framing {
 public:
  /// The longest string that is accepted and sent until setMaxLength is called, in bytes (Twisted:
  /// MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 99999;

  explicit NetstringReceiver(std::size_t maxLength = kMaxLength);
  ~NetstringReceiver() override;

  /// A whole string has arrived; it may be empty. `string` is borrowed for the call.
  virtual void stringReceived(ByteView string) = 0;
  /// The peer broke the format. `why` is LimitExceeded for a length above maxLength, and
  /// NetstringParseError otherwise. The default ends the connection with it. Nothing more is
  /// delivered, whatever an override does, because there is no way to find the next netstring.
  virtual void netstringError(const Failure& why);

  /// Writes `string` as a netstring. Throws StringTooLongError if it is longer than maxLength;
  /// nothing is written then.
  void sendString(ByteView string);

  /// Whether the peer broke the format: netstringError was called.
  bool brokenPeer() const noexcept { return broken_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Sets the longest string that is accepted and sent, at most kLargestMaxLength. It holds from
  /// the next string on, and also for a string of which a part has arrived.
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
