#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/string_too_long.hpp>

namespace teasel {

/// Strings of bytes, each behind its length as an unsigned big-endian integer of prefixLength
/// bytes. The model is twisted.protocols.basic.IntNStringReceiver. What holds for every protocol
/// that cuts a stream into frames stands at Framing.
///
/// A length is judged before any of its string is awaited; nothing is allocated for it in advance.
class IntNStringReceiver : public Framing {
 public:
  /// The longest string that is accepted and sent until setMaxLength, as far as the prefix can say
  /// it (Twisted: MAX_LENGTH).
  static constexpr std::size_t kMaxLength = 99999;

  /// Throws UsageError unless prefixLength is 1 to 8.
  explicit IntNStringReceiver(std::size_t prefixLength, std::size_t maxLength = kMaxLength);
  ~IntNStringReceiver() override;

  /// A string, whole; it may be empty. `string` is borrowed for the call.
  virtual void stringReceived(ByteView string) = 0;
  /// A string is announced that is longer than maxLength. The default ends the connection with
  /// LimitExceeded. An override that does not end it has that string skipped.
  virtual void lengthLimitExceeded(std::uint64_t length);

  /// Writes a string behind its length. Throws StringTooLongError if the prefix cannot say the
  /// length, and above maxLength; nothing is written then.
  void sendString(ByteView string);

  std::size_t prefixLength() const noexcept { return prefixLength_; }
  std::size_t maxLength() const noexcept { return maxLength_; }
  /// Effective from the next string on; one that is being received already must fit, too.
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
  std::uint64_t skip_ = 0;  // bytes to come that belong to a string that was too long
};

/// Strings of up to 255 bytes.
class Int8StringReceiver : public IntNStringReceiver {
 public:
  explicit Int8StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(1, maxLength) {}
};

/// Strings of up to 65,535 bytes.
class Int16StringReceiver : public IntNStringReceiver {
 public:
  explicit Int16StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(2, maxLength) {}
};

/// Strings of up to 4 GiB, if maxLength is raised.
class Int32StringReceiver : public IntNStringReceiver {
 public:
  explicit Int32StringReceiver(std::size_t maxLength = kMaxLength) : IntNStringReceiver(4, maxLength) {}
};

}  // namespace teasel
