#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/protocol/protocol.hpp>

/// A server that adds up numbers. A telegram is one byte of kind, two bytes of length (the high one
/// first), and so many bytes:
///
///     'a' NUMBER   adds an unsigned number of at most 4 bytes, the high one first
///     'p' BYTES    answered by 'r' BYTES
///     't'          answered by 'r' and the total in 8 bytes
///     'q'          closes
class Telegram : public teasel::Protocol {
 public:
  static constexpr std::size_t kHeader = 3, kMaxPayload = 512, kMaxNumber = 4;

  /// Longer telegrams and other kinds end the connection with a reason that says so.
  void dataReceived(teasel::ByteView data) override;
  std::uint64_t total() const noexcept { return total_; }

 protected:
  /// Called for each telegram, in order; none after the connection is closing.
  virtual void telegramReceived(char kind, teasel::ByteView payload);

 private:
  void reply(teasel::ByteView payload);

  std::string pending_;  ///< the beginning of a telegram
  std::uint64_t total_ = 0;
};
