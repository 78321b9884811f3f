#pragma once

#include <cstddef>

#include <teasel/core/detail/sanitizers.hpp>
#include <teasel/core/segment.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::detail {

/// One counted buffer that a driver receives into and lends to sinks, a chunk at a time. Under
/// AddressSanitizer its bytes are poisoned except while they are lent, so that a view kept past its
/// callback is caught on real drivers, too.
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(std::size_t capacity);
  ReceiveBuffer(ReceiveBuffer&& other) noexcept;
  ReceiveBuffer& operator=(ReceiveBuffer&&) = delete;
  ~ReceiveBuffer();

  std::size_t capacity() const noexcept { return capacity_; }
  /// Where to receive into. Valid until the next deliver().
  char* bytes() noexcept { return block_->bytes(); }
  /// Around accesses by checked code, which a system call's wrapper is; the kernel itself may
  /// always write.
  void open() noexcept { poison(0, false); }
  void shut() noexcept { poison(0, true); }
  /// Lends the first `count` bytes to `sink`. If the sink kept some of them, bytes() is another
  /// place afterwards.
  void deliver(StreamSink& sink, std::size_t count);

 private:
  void poison(std::size_t from, bool on) noexcept;
  void afterLoan();

  std::size_t capacity_;
  Block* block_;
};

}  // namespace teasel::detail
