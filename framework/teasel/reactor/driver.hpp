#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/segment.hpp>

/// What stands between a Reactor and the world: one interface for the kernel's mechanisms and for
/// the simulation.
///
/// It is push-shaped and completion-shaped: a completion already holds its bytes; readiness can
/// play completion, the other way round it cannot. Drivers see StreamSink and Acceptor, never
/// Connection.
///
/// Rules for both sides, which the contract suite holds every driver to:
///  - Sinks and acceptors are called from inside Driver::poll only. Every other call returns
///    without calling back; what goes wrong in it is reported by the next poll.
///  - Any call may be made from inside an upcall, for any slot, the calling one included.
///  - A Slot belongs to the driver. It lives from listen/connect/onAccept until
///    stopListening/close; after that the caller must not use it, no upcall for it comes, and the
///    driver keeps what it still needs (lingering, segments in flight). close and stopListening are
///    the only ways to end a slot: onEof and onError leave it for its owner to close.
///  - Upcalls of a stream: onConnected first (connect only), then onData*, then at most one onEof;
///    onWritten in between; at most one onError, the last of all. onData is never empty.

namespace teasel {

class ThreadPool;

/// One end of a stream, or a listening port, inside a driver. Drivers derive from it.
class Slot {
 public:
  /// Our address: known after listen, after onConnected, and from onAccept on.
  const Address& host() const noexcept { return host_; }
  /// The peer's; none for a listening slot.
  const Address& peer() const noexcept { return peer_; }

 protected:
  Slot() = default;
  ~Slot() = default;
  Address host_, peer_;
};

/// Receives what happens to one stream. Implemented by Connection.
class StreamSink {
 public:
  /// The connection that connect() began is made; reading is on unless reading(slot, false) was
  /// called.
  virtual void onConnected() = 0;
  /// Bytes, at least one. Borrowed for the call; `chunk.retain()` keeps them.
  virtual void onData(Chunk& chunk) = 0;
  /// The peer ended its direction; no onData follows. The other direction stays open.
  virtual void onEof() = 0;
  /// The rest of a write that was not taken at once has been taken: `count` bytes, all of them.
  virtual void onWritten(std::size_t count) = 0;
  /// The stream is dead: connecting failed (a ConnectError), or it was reset (ConnectionLost).
  /// Nothing else follows.
  virtual void onError(const Failure& why) = 0;

 protected:
  ~StreamSink() = default;
};

/// Receives the connections of one listening slot.
class Acceptor {
 public:
  /// A new stream, fully usable at once (write, reading, close included). Returns its sink; null to
  /// close it, quietly and gracefully. If the acceptor closed the slot itself meanwhile, what it
  /// returns is ignored.
  virtual StreamSink* onAccept(Slot* stream) = 0;
  /// Accepting failed for lack of resources (descriptors, memory); the driver goes on and tries
  /// again.
  virtual void onAcceptError(const Failure& why) = 0;

 protected:
  ~Acceptor() = default;
};

/// How a stream ends. Graceful: what is in flight goes out, then end of stream, then the driver
/// reads and discards until the peer's end of stream or the linger deadline (closing with unread
/// input would send RST and cut the reply short). Abort: what is queued is dropped and the peer
/// sees a reset where the transport can say so.
enum class CloseMode : std::uint8_t { kGraceful, kAbort };

struct ListenOptions {
  int backlog = 50;
};
struct ConnectOptions {
  Address bind{};  ///< our end's address; none: the system chooses
};

class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Every slot still open is aborted without upcalls.
  virtual ~Driver() = default;

  virtual std::string_view name() const noexcept = 0;
  /// The driver's clock, monotonic.
  virtual Instant now() noexcept = 0;
  /// Whether that is simulated time, which stands still while code runs.
  virtual bool simulated() const noexcept { return false; }
  /// Waits until something happened, `maxWait` has passed (0: does not wait; Duration::max():
  /// without end), wake() was called or a linger deadline fell due; then sets `sampled` to now(),
  /// once, and makes the upcalls. Never waits after the first upcall. Work that was held back
  /// (after reading(slot, true), a failed write, a failed connect) counts as having happened. May
  /// return early, without upcalls.
  virtual void poll(Duration maxWait, Instant& sampled) = 0;
  /// Makes a poll that waits, or the next one, return soon. The only call that any thread may make
  /// at any time.
  virtual void wake() noexcept = 0;

  /// Listens on `at` (port 0: the system chooses; see Slot::host). Null and `why` (a
  /// CannotListenError) when it cannot. The acceptor must live until stopListening.
  virtual Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) = 0;
  virtual void stopListening(Slot* port) = 0;
  /// Begins to connect; onConnected or onError follows in a later poll, even where it succeeds or
  /// fails at once.
  virtual Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) = 0;

  /// Whether onData and onEof may come; a new stream begins with true. After false nothing is
  /// delivered, what the driver already has is held (bounded) and handed over, end of stream
  /// included, after true. A reset may be reported while reading is off.
  virtual void reading(Slot* stream, bool on) = 0;
  /// Offers bytes; returns how many were taken now. All: the segments are free again. Fewer: the
  /// driver takes the rest later by itself; neither the span nor its bytes may change until exactly
  /// one onWritten(the rest), or close; no other write before that. A hard error returns as if
  /// nothing was taken and is reported by onError in the next poll.
  virtual std::size_t write(Slot* stream, std::span<const Segment> segments) = 0;
  /// Ends our direction. Nothing may be in flight; no write follows.
  virtual void shutdownWrite(Slot* stream) = 0;
  /// Ends the stream. `inFlight`: the segments of an unfinished write, in the order in which they
  /// were given (empty if none): the driver owns their bytes from here on. `lingerUntil`: how long
  /// a graceful close may take.
  virtual void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) = 0;

  /// The threads of the reactor that is being made on this driver, to be destroyed before the
  /// driver. Null from a driver that has none (the default).
  virtual std::unique_ptr<ThreadPool> makeThreadPool();

  /// Slots whose owner has closed them and which are past their linger deadline by now: 0 in a
  /// healthy driver.
  virtual std::size_t overdueSlots() const noexcept = 0;
};

}  // namespace teasel
