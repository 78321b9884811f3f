#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/string_too_long.hpp>

namespace teasel {

/// Receives and sends strings of bytes. Before each string comes its length, an unsigned big-endian
/// integer of prefixLength bytes. The model is twisted.protocols.basic.IntNStringReceiver. What
/// holds for every framing protocol is written at Framing.
///
/// A length is judged before any byte of its string arrives. Nothing is allocated for a length that
/// was only announced.
class IntNStringReceiver : public Framing {
 public:
  /// The longest string that is accepted and sent until setMaxLength is called, in bytes (Twisted:
  /// MAX_LENGTH). A short prefix may be able to express less.
  static constexpr std::size_t kMaxLength = 99999;

  /// Throws UsageError unless prefixLength is 1 to 8.
  explicit IntNStringReceiver(std::size_t prefixLength, std::size_t maxLength = kMaxLength);
  ~IntNStringReceiver() override;

  /// A whole string has arrived; it may be empty. `string` is borrowed for the call.
  virtual void stringReceived(ByteView string) = 0;
  /// The peer has announced a string that is longer than maxLength; `length` is what it announced.
  /// The default ends the connection with LimitExceeded. If an override does not end the
  /// connection, that string is skipped.
  virtual void lengthLimitExceeded(std::uint64_t length);

  /// Writes the length of `string`, then `string`. Throws StringTooLongError if the prefix cannot
  /// express the length, or if it is above maxLength; nothing is written then.
  void sendString(ByteView string);

  std::size_t prefixLength() const noexcept { return prefixLength_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Sets the longest string that is accepted and sent. It holds from the next string on, and also
  /// for a string of which a part has arrived.
  void setMaxLength(std::size_t bytes);

 protected:
  bool deliverInput() override;
  std::size_t bytesNeeded() const noexcept override;

 private:
  friend class Framing;
  FrameEnd find(ByteView before, ByteView in) final;
  void deliver(ByteView frame, const FrameEnd& end) final;
  std::uint64_t lengthIn(ByteView prefix) const noexcept;

  std::size_t prefixLength_;
  std::size_t maxLength_ = kMaxLength;
  std::uint64_t skip_ = 0;  // how many bytes to come belong to a string that was too long
};

/// Strings of up to 255 bytes: the prefix has 1 byte.
class Int8StringReceiver : public IntNStringReceiver {
 public:
  explicit Int8StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(1, maxLength) {}
};

/// Strings of up to 65,535 bytes: the prefix has 2 bytes.
class Int16StringReceiver : public IntNStringReceiver {
 public:
  explicit Int16StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(2, maxLength) {}
};

/// Strings of up to 4,294,967,295 bytes, if maxLength is raised: the prefix has 4 bytes.
class Int32StringReceiver : public IntNStringReceiver {
 public:
  explicit Int32StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(4, maxLength) {}
};

}  // namespace teasel
