#pragma once

#include <cstdint>
#include <vector>

#include <liburing.h>

#include <teasel/core/clock.hpp>
#include <teasel/drivers/detail/receive_buffer.hpp>

namespace teasel::posix {

/// An io_uring with its ring of provided receive buffers.
class Uring {
 public:
  static constexpr std::size_t kBufferSize = 16384;
  static constexpr std::uint16_t kBufferGroup = 0;
  struct Completion {
    std::uint64_t data;
    int result;
    std::uint32_t flags;
  };

  /// See UringOptions. Throws DriverUnavailable when the kernel refuses, and UsageError for a
  /// number of buffers that is not allowed.
  Uring(std::uint32_t buffers, bool deferTaskRun);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  /// An entry to prepare. The next wait submits it, if nothing did before. Only the polling thread
  /// may call it.
  io_uring_sqe& entry();
  /// Submits what was prepared, then waits for a completion, at most `maxWait`. Returns false when
  /// another thread has waited first: the ring belongs to that one.
  bool submitAndWait(Duration maxWait);
  std::uint32_t ready() const noexcept { return io_uring_cq_ready(&ring_); }
  /// Takes the next completion. Call it only when ready() is not 0.
  Completion take() noexcept;

  detail::ReceiveBuffer& buffer(std::uint16_t id) noexcept { return buffers_[id]; }
  /// Allows the kernel to fill buffer `id` again.
  void giveBack(std::uint16_t id) noexcept;

 private:
  void open(bool deferTaskRun);
  void registerBuffers(std::uint32_t count);
  void enable();

  // The kernel may write to the buffers until the destructor's body has closed the ring.
  std::vector<detail::ReceiveBuffer> buffers_;
  io_uring ring_{};
  io_uring_buf_ring* bufferRing_ = nullptr;
  std::size_t bufferRingBytes_ = 0;
  std::uint16_t bufferTail_ = 0, mask_ = 0;
  bool enabled_ = false;
};

}  // namespace teasel::posix
