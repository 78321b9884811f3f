#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <teasel/drivers/detail/outgoing.hpp>
#include <teasel/drivers/detail/posix/unix_file.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::detail {

/// What every driver of sockets knows of a slot. A driver derives its own type of entry from it. A
/// SlotTable owns the entries.
struct SocketEntry : Slot {
  enum class State : std::uint8_t { kListening, kConnecting, kOpen, kLingering, kClosed };

  SocketEntry() = default;
  SocketEntry(const SocketEntry&) = delete;
  SocketEntry& operator=(const SocketEntry&) = delete;
  virtual ~SocketEntry() = default;

  Address& host() noexcept { return host_; }
  Address& peer() noexcept { return peer_; }
  /// Whether part of a write has not been sent yet.
  bool writing() const noexcept { return outgoing.any(); }

  /// These tell the processor to fetch what a delivery uses of the entry, and of its sink.
  void fetch() const noexcept {
    __builtin_prefetch(&descriptor);
    __builtin_prefetch(&reported);
  }
  void fetchSink() const noexcept {
    if (sink == nullptr) return;  // of a port, or closed
    const char* bytes = reinterpret_cast<const char*>(sink);
    for (std::size_t at = 0; at < 256; at += 64) __builtin_prefetch(bytes + at);
  }

  int descriptor = -1;
  std::uint32_t place = 0, generation = 0;  // the SlotTable's
  State state = State::kOpen;
  bool reading = true;
  bool eof = false;     // the peer's end of stream was delivered, or nobody waits for it any more
  bool failed = false;  // onError was called or will be: no other upcall follows
  // A send has failed: nothing more is sent. What has arrived is still received.
  bool sendFailed = false;
  bool hungUp = false;  // both directions are over; the kernel would report that again and again
  bool shut = false;    // our direction is ended
  // a port that waits for descriptors or memory; a UNIX stream that waits for room in a backlog
  bool resting = false;
  bool wildcard = false;    // a port that listens on every interface
  bool adopted = false;     // others may use the same description
  bool neverWaits = false;  // no call on the descriptor waits; known once a file was sent
  // The descriptor that a port was made of, if it was handed over (Driver::takeInherited).
  int source = -1;
  bool closesSource = false;
  // The kernel does not tell when it is connected: a UNIX stream, or one that was adopted.
  bool connectsAtOnce = false;
  bool inDirty = false, inToReport = false;
  StreamSink* sink = nullptr;
  Acceptor* acceptor = nullptr;
  Outgoing outgoing;
  std::size_t reported = 0;  // what onWritten will say
  Instant deadline = kNever;
  std::unique_ptr<posix::UnixFile> file;  // of a port that is a UNIX socket
  // what reportDue() will report; for a port, what expireDeadlines() will
  Failure why;
};

}  // namespace teasel::detail
