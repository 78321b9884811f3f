#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/fakes/net/chunk_memory.hpp>
#include <teasel/fakes/net/stream.hpp>
#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/trace/trace.hpp>

namespace teasel::fakes {

class SimDriver;

/// A listening slot, as the network sees it.
class StreamListener {
 public:
  /// A connection arrived; it waits until the listener accepts it (Network::accept) or declines it.
  virtual void offer(Stream& stream) = 0;

 protected:
  ~StreamListener() = default;
};

/// Answers the connections that hosts make to Network::remoteServer().
class RemoteGate {
 public:
  /// A host connects. False refuses the connection; true takes the stream over, to accept it now
  /// or later.
  virtual bool remoteConnect(Stream& stream) = 0;

 protected:
  ~RemoteGate() = default;
};

/// The result of Network::listen.
enum class ListenResult : std::uint8_t { kListening, kPortTaken, kDrawnFault };

/// The simulated kernel and wire. It holds a virtual clock, the streams, the listening ports, and
/// an agenda of what is due when. The drivers of hosts (SimDriver) and the remote peers
/// (RemotePeer) stand on it. It knows no reactors, protocols, threads or worlds.
///
/// It has one thread. It must outlive its drivers and peers. Whoever moves it calls setNow and then
/// deliverDue, and lets the drivers poll: a World, a StringTransport, or SimDriver::poll itself.
class Network {
 public:
  using Faults = fakes::Faults;
  /// Virtual time begins here. It does not begin at zero, because some code takes zero for "never".
  static constexpr Instant kStart{std::chrono::seconds(1'000'000)};
  static constexpr std::uint8_t kMaxHosts = 200;

  Network(Choices& choices, Trace& trace) noexcept : choices_(choices), trace_(trace) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Goes back to the first instant, without streams and listeners. Memory and drivers stay. The
  /// owner of each driver restarts it (SimDriver::restart).
  void restart();

  Instant now() const noexcept { return now_; }
  Duration elapsed() const noexcept { return now_ - kStart; }
  /// When the next arrival or deadline on the wire is due, or kNever.
  Instant nextDue() noexcept {
    while (!agenda_.empty() && agenda_.front().stale()) dropDue();
    return agenda_.empty() ? kNever : agenda_.front().at;
  }
  /// Moves the clock forward. A move to nextDue() or beyond it must be followed by deliverDue().
  void setNow(Instant to) noexcept { now_ = to; }
  /// Makes everything happen that is due by now.
  void deliverDue();
  /// Whether drivers must stop making upcalls. The world sets it when it records a verdict.
  bool halted() const noexcept { return halted_; }
  void setHalted(bool halted) noexcept { halted_ = halted; }

  // Addresses -------------------------------------------------------------------------------------
  /// Gives a driver its number, the smallest that is free, and with it the address 10.0.0.(number +
  /// 1). At most kMaxHosts drivers.
  std::uint8_t addHost(SimDriver& driver);
  void removeHost(std::uint8_t id) noexcept;
  static Address hostAddress(std::uint8_t id) noexcept;
  /// Whether a host may listen on the address or connect from it. It may for its own address, for
  /// loopback addresses, and for "any" ("0.0.0.0", "::", no address).
  static bool ownAddress(std::uint8_t host, const Address& address) noexcept;
  /// The address at which hosts find the remote peer as a server. The gate answers there; without
  /// one, connections are refused.
  static Address remoteServer() noexcept;
  /// An address that never answers: an attempt to connect there ends by its time-out.
  static Address blackHole() noexcept;
  void setGate(RemoteGate* gate) noexcept { gate_ = gate; }

  /// Registers a listener, which must live until stopListening. Port 0 in `at` is replaced by a
  /// free port. Registers nothing when the port is taken or a fault is drawn.
  ListenResult listen(std::uint8_t host, Address& at, StreamListener& listener);
  /// Connections that wait for the listener are its own to decline.
  void stopListening(StreamListener& listener);
  std::size_t listeners() const noexcept { return listeners_.size(); }
  /// The address of the index-th listening port, in the order of listening.
  const Address& listenerAddress(std::size_t index) const noexcept { return listeners_[index].at; }

  // Streams ---------------------------------------------------------------------------------------
  /// Begins a connection of `party`, a slot of `host`, to `to`. Sets `made` to the new stream
  /// before anything else happens; `party` is its side 0. The stream calls party.established() or
  /// party.refused(), inside this call or later.
  void connect(std::uint8_t host, const Address& to, const Address& bind, StreamEnd& party, Stream*& made);
  /// The same for a remote peer, to the index-th listening port (modulo their number, which must
  /// not be 0). `entity` and the one after it key the choices of the two directions.
  void connectFromRemote(std::size_t port, StreamEnd& party, std::uint32_t entity, Stream*& made);
  /// `party` becomes side 1 of a stream that was offered to its listener.
  void accept(Stream& stream, StreamEnd& party) noexcept { stream.side[1].party = &party; }
  /// Tells side 0 that it is connected. A slot that knows it already ignores the call.
  void establish(Stream& stream);
  /// Sends bytes from a side. Returns how many were taken. When the window is full these are fewer,
  /// and roomAgain follows when there is room.
  std::size_t write(Stream& stream, int from, ByteView bytes);
  /// Ends the direction of a side, behind everything that it sent. `withLast`: the receiver notices
  /// the end in the same turn as the last bytes.
  void finish(Stream& stream, int from, bool withLast = false);
  /// Side `to` has read `count` bytes of what it received; the window opens by as many.
  void consumed(Stream& stream, int to, std::size_t count) {
    Stream::Side& sender = stream.side[1 - to];
    sender.out.drop(count);
    if (sender.blocked) [[unlikely]]
      unblock(sender);
  }
  /// Side `to` takes up to `limit` bytes out of the window ahead of reading them (Pipe::takeAhead).
  void takeAhead(Stream& stream, int to, std::size_t limit);
  /// Closes a side. With unread input this is a reset, as on Linux. Whatever still arrives for the
  /// side is answered by a reset.
  void close(Stream& stream, int from);
  /// A side resets the connection. What it sent and what has not arrived is lost, and the other
  /// side is told.
  void abort(Stream& stream, int from);
  /// The listener of an offered stream is gone: the stream is reset if its caller was told that it
  /// is `established`, else refused.
  void decline(Stream& stream, bool established);
  /// A fault of the network resets both sides.
  void breakStream(Stream& stream);
  /// Calls deadline() of the party at that side at the instant `at`, unless the side has left by
  /// then.
  void wakeAt(Instant at, Stream& stream, int side);
  std::size_t openStreams() const noexcept { return open_; }

  /// Records an event of a side of a stream, or of a host, in the trace.
  void note(TraceKind kind, const Stream& stream, int side, std::uint64_t number = 0, ByteView bytes = {}) {
    ++progress_;
    trace_.add(elapsed(), kind, stream.number, stream.side[side].id, stream.side[1 - side].id, number, bytes);
  }
  void noteHost(TraceKind kind, std::uint8_t host, std::uint64_t number = 0) {
    trace_.add(elapsed(), kind, kNoConnection, host, host, number);
  }
  /// Grows with every event of a stream. A loop that watches it sees whether anything moves.
  std::uint64_t progress() const noexcept { return progress_; }
  Choices& choices() const noexcept { return choices_; }
  Trace& trace() const noexcept { return trace_; }
  ChunkMemory& chunkMemory() noexcept { return memory_; }
  Faults& faults() noexcept { return faults_; }
  /// The version of the Play whose run this is (Play::version). It is the newest one until set.
  unsigned version() const noexcept { return version_; }
  void setVersion(unsigned version) noexcept { version_ = version; }
  /// The window of streams that are made from now on, in bytes.
  void setWindow(std::size_t bytes) noexcept { window_ = bytes; }

 private:
  enum class DueKind : std::uint8_t { kArrive, kWake, kRoute };
  struct Due {
    Instant at;
    std::uint64_t order;
    Stream* stream;
    std::uint32_t generation;
    DueKind kind;
    std::uint8_t side;
    bool stale() const noexcept { return stream->generation != generation; }
    bool operator<(const Due& other) const noexcept { return at != other.at ? at > other.at : order > other.order; }
  };
  struct Listening {
    Address at;
    StreamListener* listener;
    std::uint8_t host;
  };
  Stream& makeStream();
  void recycle(Stream& stream) noexcept;
  void leave(Stream& stream, int side) noexcept;
  void route(Stream& stream);
  void resetSide(Stream& stream, int side);
  void arrive(Stream& stream, int from);
  void unblock(Stream::Side& sender);
  std::size_t loseUnarrived(Stream::Side& side) noexcept;
  bool drawTrouble(Stream& stream, int from, Instant& at);
  void dropDue() noexcept;
  void later(Instant at, DueKind kind, Stream& stream, int side);
  Duration drawDelay(std::uint32_t entity);
  std::size_t drawWindow(std::uint32_t entity);
  std::uint16_t ephemeralPort();
  const Listening* listenerFor(const Address& to, std::uint8_t fromHost) const noexcept;

  Choices& choices_;
  Trace& trace_;
  ChunkMemory memory_;
  Instant now_ = kStart;
  Faults faults_;
  RemoteGate* gate_ = nullptr;
  std::vector<SimDriver*> hosts_;  // by number; null when gone
  std::vector<Listening> listeners_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> free_;
  std::vector<Due> agenda_;  // a heap
  std::uint64_t nextDueOrder_ = 0, progress_ = 0;
  std::size_t open_ = 0, window_ = Pipe::kWindow;
  std::uint32_t nextStream_ = 0;
  std::uint16_t nextPort_ = 0;
  unsigned version_ = kCodecVersion;
  bool halted_ = false;
};

}  // namespace teasel::fakes
