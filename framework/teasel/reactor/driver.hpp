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
#include <teasel/reactor/listen_fds.hpp>

/// A Driver stands between a Reactor and the world. The kernel's mechanisms and the simulation have
/// this one interface.
///
/// The interface pushes data, and it pushes completions: an upcall brings the bytes with it. A
/// readiness mechanism can be used like this. A completion mechanism could not be used through an
/// interface of readiness. A driver sees StreamSink and Acceptor; it never sees Connection.
///
/// These rules bind both sides. The contract suite checks them on every driver.
///  - A driver calls sinks and acceptors only from inside Driver::poll. Every other call returns
///    without calling back. The next poll reports what went wrong in such a call.
///  - Any call may be made from inside an upcall, for any slot, also for the slot of that upcall.
///  - A Slot belongs to the driver. It lives from listen, connect or onAccept until stopListening
///    or close. After that the caller must not use it, and no upcall for it comes. The driver keeps
///    what it still needs (for lingering, segments in flight). Only close and stopListening end a
///    slot: after onEof and onError its owner still has to close it.
///  - The upcalls of a stream come in this order: first onConnected (only after connect), then any
///    number of onData, then at most one onEof. onWritten and at most one onWriteError may come
///    between these. At most one onError comes, and it is the last upcall.
///  - An error never overtakes bytes. Whatever the kernel still gives after a send has failed is
///    delivered by onData before onEof or onError; while reading is off, after it is on again.

namespace teasel {

class Reactor;
class Resolver;
class ThreadPool;

/// One end of a stream inside a driver, or a listening port. Drivers derive from it.
class Slot {
 public:
  /// Our address. A port has it from listen until stopListening, a stream in onAccept and in
  /// onConnected. Afterwards a driver may forget it, so that an idle stream takes less memory:
  /// whoever needs it copies it there.
  virtual const Address& host() const noexcept = 0;
  /// The peer's address, known as long as host() and, of a stream that connects, from connect on. A
  /// port has none.
  virtual const Address& peer() const noexcept = 0;

 protected:
  Slot() = default;
  ~Slot() = default;
};

/// Receives what happens to one stream. Connection implements it.
class StreamSink {
 public:
  /// The connection that connect() began is established. Reading is on, unless reading(slot, false)
  /// was called before.
  virtual void onConnected() = 0;
  /// At least one byte has arrived. The bytes are borrowed for this call; `chunk.retain()` keeps
  /// them.
  virtual void onData(Chunk& chunk) = 0;
  /// The peer has ended its direction: no onData follows. The other direction stays open.
  virtual void onEof() = 0;
  /// The driver has taken the whole rest of a write that it did not take at once. That rest was
  /// `count` bytes.
  virtual void onWritten(std::size_t count) = 0;
  /// A send of ours has failed for good; `why` is a ConnectionLost. Nothing more can be sent. An
  /// unfinished write is given up, its onWritten never comes, and its segments are the caller's
  /// again. Receiving goes on: what had arrived before is still delivered, then onEof or onError
  /// follows. That onEof is no clean end, and an onError may be less exact than `why`: the send
  /// that failed has taken the error from the kernel. Does not come after onEof: then a send that
  /// fails is reported by onError.
  virtual void onWriteError(const Failure& why) = 0;
  /// The stream is dead: connecting failed (`why` is a ConnectError), or the stream was reset
  /// (ConnectionLost), or bytes of a file could not be sent because they could not be read
  /// (FileReadError). No upcall follows. In the last case close() resets the stream.
  virtual void onError(const Failure& why) = 0;

 protected:
  ~StreamSink() = default;
};

/// Receives the connections of one listening slot.
class Acceptor {
 public:
  /// A new stream. All calls may be made on it at once, also write, reading and close. Returns its
  /// sink. After null the driver closes the stream gracefully and reports nothing. The driver
  /// ignores the returned value if the acceptor has closed the slot itself.
  virtual StreamSink* onAccept(Slot* stream) = 0;
  /// Accepting failed because descriptors or memory were lacking. The driver tries again later.
  virtual void onAcceptError(const Failure& why) = 0;

 protected:
  ~Acceptor() = default;
};

/// How a stream ends.
///
/// kGraceful: the driver sends what is in flight and then the end of the stream. Then it reads and
/// discards input until the peer's end of stream or the linger deadline. (A close with unread input
/// would send RST, which can cut the reply short.)
///
/// kAbort: the driver drops what is queued. The peer sees a reset where the transport has resets.
enum class CloseMode : std::uint8_t { kGraceful, kAbort };

struct ListenOptions {
  int backlog = 50;      ///< how many connections may wait to be accepted
  int mode = 0666;       ///< UNIX only: the permissions of the socket's file
  bool wantPID = false;  ///< UNIX only: hold the lock; see Reactor::listenUNIX
};
struct ConnectOptions {
  Address bind{};         ///< the address of our end; with none the system chooses. Not for UNIX.
  bool checkPID = false;  ///< UNIX only: a BadFileError unless a living process holds the lock
};

/// Waits for I/O and performs it, for one Reactor. Only one thread at a time may call it, except
/// for wake().
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  /// Aborts every slot that is still open, without upcalls.
  virtual ~Driver() = default;

  virtual std::string_view name() const noexcept = 0;
  /// The driver's clock, which is monotonic. The reactor asks it at each callLater. It must move on
  /// while code runs, unless it is simulated.
  virtual Instant now() noexcept = 0;
  /// Whether now() is simulated time. It stands still while code runs, except where a test or a
  /// fault says that the code takes time.
  virtual bool simulated() const noexcept { return false; }
  /// Waits until something has happened, `maxWait` has passed, wake() was called, or a linger
  /// deadline is due. Then sets `sampled` to now(), once, and makes the upcalls. A `maxWait` of 0
  /// does not wait; Duration::max() waits without end.
  ///
  /// Work that was held back counts as something that has happened: data after reading(slot, true),
  /// a failed write, a failed connect. A poll never waits after its first upcall. It may return
  /// early, without upcalls.
  virtual void poll(Duration maxWait, Instant& sampled) = 0;
  /// Makes the poll that is waiting return soon, or else the next one. This is the only call that
  /// any thread may make at any time.
  virtual void wake() noexcept = 0;

  /// Listens on `at`. For port 0 the system chooses a port; Slot::host() tells which. Returns null
  /// and sets `why` (a CannotListenError) when it cannot listen. `acceptor` must live until
  /// stopListening. For a UNIX address it makes the file and takes the lock, and stopListening
  /// undoes both; Reactor::listenUNIX says how.
  virtual Slot* listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) = 0;
  /// Ends a slot of listen().
  virtual void stopListening(Slot* port) = 0;
  /// Begins to connect. onConnected or onError follows in a later poll, even when connecting
  /// succeeds or fails at once. `sink` must live until close.
  virtual Slot* connect(const Address& to, const ConnectOptions& options, StreamSink& sink) = 0;

  /// Listens with a duplicate of `fd`, a stream socket that listens already. Returns null and sets
  /// `why` when that cannot be: a CannotListenError that says what `fd` is; on a driver without
  /// descriptors a UsageError, which is the default. `acceptor` must live until stopListening.
  virtual Slot* adoptPort(int fd, Acceptor& acceptor, Failure& why);
  /// Makes a stream of a duplicate of `fd`, a stream socket that is connected already. onConnected
  /// follows in a later poll, as after connect. Returns null and sets `why`, a ConnectError, as
  /// adoptPort does. `sink` must live until close.
  virtual Slot* adoptStream(int fd, StreamSink& sink, Failure& why);

  /// Says whether onData and onEof may come. A new stream begins with true. After false the driver
  /// delivers nothing: it holds what it already has, including the end of the stream, and delivers
  /// that after true. What it holds is bounded. A reset may be reported while reading is off.
  virtual void reading(Slot* stream, bool on) = 0;
  /// Offers bytes and returns how many of them the driver took now. If it took all, the caller has
  /// its segments back. If it took fewer, it takes the rest later by itself and then makes exactly
  /// one onWritten(rest). Until that upcall or close, neither the span nor its bytes may change and
  /// no other write may be made. A hard error looks as if nothing was taken; the next poll reports
  /// it by onWriteError. From then on the driver takes nothing and passes nothing to the kernel.
  virtual std::size_t write(Slot* stream, std::span<const Segment> segments) = 0;
  /// Offers bytes that the caller only borrows, for as long as the call takes. Returns how many of
  /// them were sent at once. The caller keeps the others and offers them by write. A driver that
  /// sends later only, as the default does, returns 0. A hard error is treated as in write.
  virtual std::size_t writeBorrowed(Slot* stream, ByteView bytes) {
    static_cast<void>(stream), static_cast<void>(bytes);
    return 0;
  }
  /// Whether write takes segments that stand for bytes of a file (Segment::ofFile). The driver gets
  /// these bytes from the descriptor of the file when it sends them. If it cannot, it tells the
  /// file (File::sendingFailed), gives the write up and makes onError. False is the default.
  virtual bool sendsFiles() const noexcept { return false; }
  /// Ends our direction. No write may be in flight, and none may follow.
  virtual void shutdownWrite(Slot* stream) = 0;
  /// Ends the stream. `inFlight` has the segments of an unfinished write, in the order in which
  /// write() got them; it is empty if there is none. From here on the driver owns their bytes. A
  /// graceful close may take until `lingerUntil`.
  virtual void close(Slot* stream, CloseMode mode, std::vector<Segment> inFlight, Instant lingerUntil) = 0;

  /// The threads of the reactor that is being made on this driver. The pool must be destroyed
  /// before the driver. A driver without threads returns null, which is the default.
  virtual std::unique_ptr<ThreadPool> makeThreadPool();
  /// The resolver of the reactor that is being made on this driver. Only its address may be used in
  /// this call. A driver that knows no names returns null, which is the default: the reactor has a
  /// LiteralResolver then.
  virtual std::unique_ptr<Resolver> makeResolver(Reactor& reactor);
  /// The sockets that a service manager has passed to this process. Programs that this process
  /// starts do not inherit them. A driver without descriptors has none, which is the default.
  virtual ListenFDs listenFDs();
  /// Takes `fd`, which came from listenFDs() or from the user, for the port that the next adoptPort
  /// makes of it. No other port of this process can take it until that one ends. Then it is closed
  /// if `closes` is true. Returns false if a port owns it already. The default returns true.
  virtual bool takeInherited(int fd, bool closes);
  /// Undoes takeInherited when no port was made of `fd`. The default does nothing.
  virtual void giveBackInherited(int fd) noexcept;

  /// How many slots were closed by their owner and still exist although their linger deadline has
  /// passed. A healthy driver has 0.
  virtual std::size_t overdueSlots() const noexcept = 0;
};

}  // namespace teasel
