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

  /// Throws DriverUnavailable.
  Uring(std::uint32_t buffers, bool deferTaskRun);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  /// An entry to prepare; submitted by the next wait at the latest. Only from the polling thread.
  io_uring_sqe& entry();
  /// Submits what was prepared and waits for a completion, at most `maxWait`. False when this is
  /// not the thread that waited first.
  bool submitAndWait(Duration maxWait);
  std::uint32_t ready() const noexcept { return io_uring_cq_ready(&ring_); }
  /// Takes the next completion; only when ready().
  Completion take() noexcept;

  detail::ReceiveBuffer& buffer(std::uint16_t id) noexcept { return buffers_[id]; }
  /// Lets the kernel fill buffer `id` again.
  void giveBack(std::uint16_t id) noexcept;

 private:
  void open(bool deferTaskRun);
  void registerBuffers(std::uint32_t count);
  void enable();

  // The kernel may write to the buffers until the ring is closed, in the destructor's body.
  std::vector<detail::ReceiveBuffer> buffers_;
  io_uring ring_{};
  io_uring_buf_ring* bufferRing_ = nullptr;
  std::size_t bufferRingBytes_ = 0;
  std::uint16_t bufferTail_ = 0, mask_ = 0;
  bool enabled_ = false;
};

}  // namespace teasel::posix
