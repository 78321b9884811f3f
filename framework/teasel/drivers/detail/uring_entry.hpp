#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/socket_entry.hpp>

/// What the io_uring driver knows of a slot. Only uring_driver.cpp includes it.
namespace teasel::detail::uring {

constexpr std::size_t kPiecesPerSend = 16;

/// The operations that a slot may have in the kernel, each at most once. The kernel hands back the
/// address of the entry with the operation in its low bits. kZeroCopy is a kSend, too; there it
/// hands back the address of a ZeroCopySend.
enum Operation : unsigned { kAccept, kConnect, kReceive, kSend, kWatch, kWakeUp, kZeroCopy };
constexpr std::uint64_t kOperationMask = 7;
/// Only completions of cancellations have no slot.
constexpr std::uint64_t kNobody = 0;

constexpr unsigned bit(Operation operation) noexcept { return 1U << operation; }

struct Entry;

/// A send whose bytes the kernel uses until its notification, which comes after the send has
/// completed and may come after its slot is gone.
struct alignas(8) ZeroCopySend {
  Entry* entry;
  std::vector<Segment> segments;
};

/// The kernel may read the bytes of these sends for ever, and nobody will hear when it no longer
/// does. They stay where they are until the process ends; checks for leaks find them here.
inline void leaveToKernel(const std::unordered_set<ZeroCopySend*>& sends) {
  static std::mutex mutex;  // drivers may end in several threads
  static auto& left = *new std::vector<ZeroCopySend*>;
  const std::scoped_lock lock(mutex);
  left.insert(left.end(), sends.begin(), sends.end());
}

/// Several pieces of one send. The kernel uses them while kSend is armed.
struct Pieces {
  std::array<iovec, kPiecesPerSend> vectors;
  msghdr message{};
};

/// What arrived while reading was off, because the kernel reads ahead.
struct Held {
  std::vector<Segment> data;
  std::size_t next = 0;
  bool eof = false;
  Failure error;
};

/// How many streams found no receive buffer in this poll. A few are best armed again, since they
/// find one in the next poll. Many are not: all of them would ask in each poll, and few find one.
struct Starvation {
  std::uint32_t few, now = 0;
  bool isLarge() noexcept { return ++now > few; }
};

struct Entry final : SocketEntry {
  static Entry& of(Slot* slot) noexcept { return *static_cast<Entry*>(slot); }
  /// Whether something waits for reading to be on again.
  bool holds() const noexcept { return held != nullptr; }
  Held& hold() {
    if (held == nullptr) held = std::make_unique<Held>();
    return *held;
  }

  /// The operations that ought to be in the kernel, as bits.
  unsigned wanted() const noexcept {
    if (failed) return 0;
    const unsigned send = writing() ? bit(kSend) : 0;
    switch (state) {
      case State::kListening: return resting() ? 0 : bit(kAccept);
      case State::kConnecting: return connectsAtOnce ? 0 : bit(kConnect);
      case State::kLingering: return send | (eof ? 0 : bit(kReceive));
      case State::kOpen:
        if (!reading || holds()) return send;
        return send | (((eof ? 0 : bit(kReceive)) | (hungUp ? 0 : bit(kWatch))) & ~again);
      case State::kClosed: break;
    }
    return 0;
  }

  /// The watch begins anew: what it has said until now was about the end of the stream.
  void beginEof() noexcept {
    eof = true;
    again |= static_cast<std::uint8_t>(armed & bit(kWatch));
  }
  void closeDescriptor() noexcept {
    if (descriptor < 0) return;
    if (reset) posix::closeWithReset(descriptor);
    else ::close(descriptor);
    descriptor = -1;
  }

  std::uint8_t armed = 0;      // operations in the kernel
  std::uint8_t cancelled = 0;  // those of them that were told to end
  std::uint8_t again = 0;      // those of them that are to end, and then to be armed anew
  bool reset = false;          // how to close the descriptor
  bool endSeen = false;        // the watch has seen the end; the receive may have missed it
  bool inResumed = false;
  bool starved = false;              // the last receive ended because no buffer was free
  bool zeroCopyPays = true;          // the kernel has not copied such a send yet
  bool waitsForRoom = false;         // what is armed as kSend waits for room for bytes of a file
  std::uint32_t pinned = 0;          // ZeroCopySends whose notification has not come
  ZeroCopySend* zeroCopy = nullptr;  // the one that is armed as kSend
  std::unique_ptr<Pieces> pieces;
  std::unique_ptr<posix::SocketAddress> to;  // the kernel uses it while kConnect is armed
  std::unique_ptr<Held> held;                // null: nothing is held
};
static_assert(alignof(Entry) > kOperationMask, "the low bits of an entry's address are free for an Operation");

/// With many connections nothing of the next one is in the processor's caches. Its entry is fetched
/// two steps ahead, then its sink. `data` is that of a completion; the entry lives, because its
/// completion waits.
inline void fetchAhead(std::uint64_t data, bool sink) noexcept {
  const auto operation = static_cast<Operation>(data & kOperationMask);
  if (data == kNobody || (operation != kReceive && operation != kSend)) return;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands back the number that it was given
  const Entry& entry = *reinterpret_cast<const Entry*>(data & ~kOperationMask);
  if (sink) entry.fetchSink();
  else entry.fetch();
}

}  // namespace teasel::detail::uring
