#pragma once

#include <cstdint>
#include <vector>

#include <liburing.h>

#include <teasel/core/clock.hpp>
#include <teasel/drivers/detail/posix/uring_kernel.hpp>
#include <teasel/drivers/detail/receive_buffer.hpp>
#include <teasel/drivers/uring_driver.hpp>

namespace teasel::posix {

/// An io_uring with its ring of provided receive buffers. It uses of `features` what concerns rings
/// (incremental, registeredWait) and trusts that the kernel has it; featuresToUse() says whether.
class Uring {
 public:
  static constexpr std::uint16_t kBufferGroup = 0;
  struct Completion {
    std::uint64_t data;
    int result;
    std::uint32_t flags;
  };
  struct Settings {
    std::uint32_t buffers;  // a power of two
    std::uint32_t bufferSize;
    bool deferTaskRun;
    UringFeatures features;
    unsigned submissions = 1024, completions = 4096;
  };
  /// Part of what a receive has brought: `size` bytes at offset `from` of buffer `id`. It may have
  /// no bytes. `last`: the kernel will put nothing behind them.
  struct Piece {
    std::uint16_t id;
    bool last;
    std::uint32_t from, size;
  };
  /// The pieces of one completion, in order. Each is in use until pop(). The destructor pops those
  /// that are left, because assertion exceptions of a test pass through their users.
  class Pieces {
   public:
    Pieces(Uring& ring, const Completion& completion) noexcept;
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    ~Pieces() {
      while (any_) pop();
    }
    bool any() const noexcept { return any_; }
    const Piece& front() const noexcept { return front_; }
    void pop();

   private:
    void find() noexcept;
    Uring& ring_;
    std::uint32_t left_;      // bytes behind the front
    std::uint16_t position_;  // of the front, in the order of the ring
    bool more_;               // the kernel goes on in the last buffer
    bool any_ = true;
    Piece front_{};
  };

  /// Throws DriverUnavailable when the kernel refuses.
  explicit Uring(const Settings& settings);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  /// An entry to prepare. The next wait submits it, if nothing did before. Only the polling thread
  /// may call it.
  io_uring_sqe& entry();
  /// Submits what was prepared, then waits for a completion, at most `maxWait`. Returns false when
  /// another thread has waited first: the ring belongs to that one.
  bool submitAndWait(Duration maxWait) { return enter(maxWait) != -EEXIST; }
  /// The same. Returns what io_uring_enter returned, or its error as a negative number.
  int enter(Duration maxWait);
  std::uint32_t ready() const noexcept { return io_uring_cq_ready(&ring_); }
  /// Takes the next completion. Call it only when ready() is not 0.
  Completion take() noexcept {
    const unsigned head = *ring_.cq.khead;
    const io_uring_cqe& completion = ring_.cq.cqes[head & ring_.cq.ring_mask];
    const Completion out{completion.user_data, completion.res, completion.flags};
    io_uring_smp_store_release(ring_.cq.khead, head + 1);
    return out;
  }

  /// The data of the completion that is `ahead` places behind the next one.
  std::uint64_t peek(unsigned ahead) const noexcept {
    return ring_.cq.cqes[(*ring_.cq.khead + ahead) & ring_.cq.ring_mask].user_data;
  }

  detail::ReceiveBuffer& buffer(std::uint16_t id) noexcept { return buffers_[id].memory; }

 private:
  struct Buffer {
    detail::ReceiveBuffer memory;
    std::uint32_t filled = 0;    // by completions that were handled
    std::uint16_t position = 0;  // where it lies in the ring
  };

  void open(const Settings& settings);
  void registerBuffers(std::uint32_t count, bool incremental);
  void registerWaits();
  void enable();
  // Allows the kernel to fill buffer `id` again.
  void giveBack(std::uint16_t id) noexcept;

  // The kernel may write to the buffers until the destructor's body has closed the ring.
  std::vector<Buffer> buffers_;
  std::uint32_t bufferSize_;
  io_uring ring_{};
  io_uring_buf_ring* bufferRing_ = nullptr;
  std::size_t bufferRingBytes_ = 0;
  kernel::RegisteredWait* waits_ = nullptr;
  std::uint16_t bufferTail_ = 0, mask_ = 0;
  bool enabled_ = false;
};

/// Whether a reset has ended a TCP connection on which something is still to be sent. The kernel
/// tells a reset to one operation only. If that is a send with MSG_WAITALL that has sent a part, it
/// completes with that part, and the receive ends as if the peer had ended the stream.
///
/// Without a reset our direction is open while something is to be sent, so the connection is not in
/// the state CLOSE. False for a UNIX socket, which has no such state.
bool isOver(int descriptor) noexcept;

}  // namespace teasel::posix
