#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <sys/socket.h>
#include <sys/uio.h>

#include <teasel/drivers/detail/posix/sockets.hpp>
#include <teasel/drivers/detail/socket_entry.hpp>

/// What the io_uring driver knows of a slot. Only uring_driver.cpp includes it.
namespace teasel::detail::uring {

constexpr std::size_t kPiecesPerSend = 16;

/// The operations that a slot may have in the kernel, each at most once. The kernel hands back the
/// address of the entry with the operation in its low bits.
enum Operation : unsigned { kAccept, kConnect, kReceive, kSend, kWatch, kWakeUp };
constexpr std::uint64_t kOperationMask = 7;
/// Only completions of cancellations have no slot.
constexpr std::uint64_t kNobody = 0;

constexpr unsigned bit(Operation operation) noexcept { return 1U << operation; }

struct Entry final : SocketEntry {
  static Entry& of(Slot* slot) noexcept { return *static_cast<Entry*>(slot); }
  /// Whether something waits for reading to be on again.
  bool holds() const noexcept { return heldNext < held.size() || heldEof || heldError; }

  void dropHeld() noexcept {
    held.clear();
    heldNext = 0;
  }

  /// The operations that ought to be in the kernel, as bits.
  unsigned wanted() const noexcept {
    if (failed) return 0;
    const unsigned send = writing() ? bit(kSend) : 0;
    switch (state) {
      case State::kListening: return resting ? 0 : bit(kAccept);
      case State::kConnecting: return connectsAtOnce ? 0 : bit(kConnect);
      case State::kLingering: return send | (eof ? 0 : bit(kReceive));
      case State::kOpen:
        if (!reading || holds()) return send;
        return send | (((eof ? 0 : bit(kReceive)) | (hungUp ? 0 : bit(kWatch))) & ~again);
      case State::kClosed: break;
    }
    return 0;
  }

  unsigned armed = 0;      // operations in the kernel
  unsigned cancelled = 0;  // those of them that were told to end
  bool reset = false;      // how to close the descriptor
  unsigned again = 0;      // those of them that are to end, and then to be armed anew
  bool endSeen = false;    // the watch has seen the end; the receive may have missed it
  bool inResumed = false;
  // The kernel uses these two while kSend is armed.
  std::array<iovec, kPiecesPerSend> pieces;
  msghdr message{};
  std::unique_ptr<posix::SocketAddress> to;  // the kernel uses it while kConnect is armed
  // What arrived while reading was off, because the kernel reads ahead.
  std::vector<Segment> held;
  std::size_t heldNext = 0;
  bool heldEof = false;
  Failure heldError;
};
static_assert(alignof(Entry) > kOperationMask, "the low bits of an entry's address are free for an Operation");

}  // namespace teasel::detail::uring
