#pragma once

#include <cstddef>

#include <teasel/core/sanitizers.hpp>
#include <teasel/core/segment.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::detail {

/// A counted buffer that a driver receives into. The driver lends it to one sink at a time, as a
/// chunk. Under AddressSanitizer its bytes are poisoned except while they are lent. So a view that
/// is kept longer than its callback is caught on real drivers, too.
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(std::size_t capacity);
  ReceiveBuffer(ReceiveBuffer&& other) noexcept;
  ReceiveBuffer& operator=(ReceiveBuffer&&) = delete;
  ~ReceiveBuffer();

  std::size_t capacity() const noexcept { return capacity_; }
  /// The place to receive into. Valid until the next deliver().
  char* bytes() noexcept { return block_->bytes(); }
  /// Checked code may use the bytes only between open() and shut() or deliver(). The sanitizer's
  /// wrapper of a system call is checked code; the kernel itself may always write.
  void open() noexcept { poison(0, capacity_, false); }
  void shut() noexcept { poison(0, capacity_, true); }
  /// Lends the first `count` bytes to `sink`, by onData. If the sink has kept some of them, bytes()
  /// is another place afterwards.
  void deliver(StreamSink& sink, std::size_t count);
  /// For a buffer that is filled piece by piece: lends `count` bytes from offset `from` on. bytes()
  /// stays where it is until renew(), which begins the buffer anew.
  void deliverPiece(StreamSink& sink, std::size_t from, std::size_t count);
  void renew();
  void openPiece(std::size_t from, std::size_t count) noexcept { poison(from, from + count, false); }
  /// Not while somebody has kept a piece: it might be this one.
  void shutPiece(std::size_t from, std::size_t count) noexcept {
    if (block_->refs == 1) poison(from, from + count, true);
  }

 private:
  void poison(std::size_t from, std::size_t to, bool on) noexcept;

  std::size_t capacity_;
  Block* block_;
};

}  // namespace teasel::detail
