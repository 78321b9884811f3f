#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <teasel/core/detail/pool.hpp>
#include <teasel/drivers/detail/outgoing.hpp>
#include <teasel/drivers/detail/posix/unix_file.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::detail {

/// What is known of a port, and of a stream until it is open. An open stream has none of it: there
/// may be many that are idle.
struct SocketSetup {
  Address host, peer;
  Acceptor* acceptor = nullptr;           // of a port
  std::unique_ptr<posix::UnixFile> file;  // of a port that is a UNIX socket
  // The descriptor that a port was made of, if it was handed over (Driver::takeInherited).
  int source = -1;
  bool closesSource = false;
  bool wildcard = false;  // a port that listens on every interface
  // a port that waits for descriptors or memory; a UNIX stream that waits for room in a backlog
  bool resting = false;

  static void* operator new(std::size_t size) { return poolAllocate(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { poolFree(memory, size); }
};

/// What every driver of sockets knows of a slot. A driver derives its own type of entry from it. A
/// SlotTable owns the entries.
struct SocketEntry : Slot {
  enum class State : std::uint8_t { kListening, kConnecting, kOpen, kLingering, kClosed };

  SocketEntry() = default;
  SocketEntry(const SocketEntry&) = delete;
  SocketEntry& operator=(const SocketEntry&) = delete;
  virtual ~SocketEntry() = default;

  const Address& host() const noexcept override;
  const Address& peer() const noexcept override;
  /// Whether part of a write has not been sent yet.
  bool writing() const noexcept { return outgoing.any(); }
  bool resting() const noexcept { return setup != nullptr && setup->resting; }

  /// These tell the processor to fetch what a delivery uses of the entry, and of its sink.
  void fetch() const noexcept {
    __builtin_prefetch(static_cast<const void*>(&sink));
    __builtin_prefetch(&descriptor);
  }
  void fetchSink() const noexcept {
    if (sink == nullptr) return;  // of a port, or closed
    const char* bytes = reinterpret_cast<const char*>(sink);
    for (std::size_t at = 0; at < 256; at += 64) __builtin_prefetch(bytes + at);
  }

  StreamSink* sink = nullptr;
  Outgoing outgoing;
  std::size_t reported = 0;  // what onWritten will say
  Instant deadline = kNever;
  std::unique_ptr<SocketSetup> setup;
  // what reportDue() will report; for a port, what expireDeadlines() will
  Failure why;
  int descriptor = -1;
  std::uint32_t place = 0, generation = 0;  // the SlotTable's
  State state = State::kOpen;
  bool reading = true;
  bool eof = false;     // the peer's end of stream was delivered, or nobody waits for it any more
  bool failed = false;  // onError was called or will be: no other upcall follows
  // A send has failed: nothing more is sent. What has arrived is still received.
  bool sendFailed = false;
  bool inDirty = false, inToReport = false;
  // both directions are over; the kernel would report that again and again
  bool hungUp : 1 = false;
  bool shut : 1 = false;     // our direction is ended
  bool adopted : 1 = false;  // others may use the same description
  // The kernel does not tell when it is connected: a UNIX stream, or one that was adopted.
  bool connectsAtOnce : 1 = false;
  bool local : 1 = false;       // a UNIX stream that is open
  bool neverWaits : 1 = false;  // no call on the descriptor waits; known once a file was sent
};

}  // namespace teasel::detail
