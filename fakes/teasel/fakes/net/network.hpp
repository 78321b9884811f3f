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
#include <teasel/fakes/trace/trace.hpp>

namespace teasel::fakes {

class SimDriver;

/// A listening slot, as the network sees it.
class StreamListener {
 public:
  /// A connection waits to be accepted.
  virtual void offer(Stream& stream) = 0;

 protected:
  ~StreamListener() = default;
};

/// Answers connections that hosts make to Network::kRemoteServer. False refuses.
class RemoteGate {
 public:
  virtual bool remoteConnect(Stream& stream) = 0;

 protected:
  ~RemoteGate() = default;
};

/// What came of Network::listen.
enum class ListenResult : std::uint8_t { kListening, kPortTaken, kDrawnFault };

/// The simulated kernel and wire: a virtual clock, streams, who listens where, and what is due
/// when. Sim drivers and outside parties stand on it; it knows neither reactors nor protocols.
/// Single-threaded; must outlive its drivers.
class Network {
 public:
  using Faults = fakes::Faults;
  /// Virtual time begins here: not at zero, which some code takes for "never".
  static constexpr Instant kStart{std::chrono::seconds(1'000'000)};
  static constexpr std::uint8_t kMaxHosts = 200;

  Network(Choices& choices, Trace& trace) noexcept : choices_(choices), trace_(trace) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// The first instant again, without streams and listeners; memory and drivers stay. Drivers
  /// restart themselves.
  void restart();

  Instant now() const noexcept { return now_; }
  Duration elapsed() const noexcept { return now_ - kStart; }
  /// The earliest arrival or deadline on the wire, or kNever.
  Instant nextDue() noexcept {
    while (!agenda_.empty() && agenda_.front().stale()) dropDue();
    return agenda_.empty() ? kNever : agenda_.front().at;
  }
  /// Moves the clock forward, not beyond nextDue() unless deliverDue() follows.
  void setNow(Instant to) noexcept { now_ = to; }
  /// Makes happen what is due by now.
  void deliverDue();
  /// Whether drivers must stop making upcalls: set when a verdict was recorded.
  bool halted() const noexcept { return halted_; }
  void setHalted(bool halted) noexcept { halted_ = halted; }

  // Addresses -------------------------------------------------------------------------------------
  /// Gives a driver its number and its address, 10.0.0.(number + 1).
  std::uint8_t addHost(SimDriver& driver);
  void removeHost(std::uint8_t id) noexcept;
  static Address hostAddress(std::uint8_t id) noexcept;
  /// Whether a host may listen on it or connect from it: its own, the loopback's, or any
  /// ("0.0.0.0", "::", none).
  static bool ownAddress(std::uint8_t host, const Address& address) noexcept;
  /// Where a simulated client finds the outside's server; who answers is up to the gate.
  static Address remoteServer() noexcept;
  /// An address that takes packets and never answers: connecting there ends by timeout.
  static Address blackHole() noexcept;
  void setGate(RemoteGate* gate) noexcept { gate_ = gate; }

  /// Registers a listener unless the port is taken or a fault is drawn. Port 0 is replaced by a
  /// free one.
  ListenResult listen(std::uint8_t host, Address& at, StreamListener& listener);
  void stopListening(StreamListener& listener);
  std::size_t listeners() const noexcept { return listeners_.size(); }
  /// The index-th listening port in order of listening.
  const Address& listenerAddress(std::size_t index) const noexcept { return listeners_[index].at; }

  // Streams ---------------------------------------------------------------------------------------
  /// Begins a connection of `party` to `to`; `made` is set to the new stream, of which it is side
  /// 0, before anything else. established or refused follows, at once or later.
  void connect(std::uint8_t host, const Address& to, const Address& bind, StreamEnd& party, Stream*& made);
  /// The same from the outside to the index-th listening port (modulo their number, which must not
  /// be 0). `entity` keys its choices.
  void connectFromRemote(std::size_t port, StreamEnd& party, std::uint32_t entity, Stream*& made);
  /// Side 1 of an offered stream is taken by `party`.
  void accept(Stream& stream, StreamEnd& party) noexcept { stream.side[1].party = &party; }
  /// Tells side 0 that it is connected.
  void establish(Stream& stream);
  /// Sends bytes from a side; returns how many were taken: fewer when the window is full (roomAgain
  /// follows).
  std::size_t write(Stream& stream, int from, ByteView bytes);
  void finish(Stream& stream, int from, bool withLast = false);
  /// Side `to` has used `count` bytes of what it received.
  void consumed(Stream& stream, int to, std::size_t count) {
    Stream::Side& sender = stream.side[1 - to];
    sender.out.drop(count);
    if (sender.blocked) [[unlikely]]
      unblock(sender);
  }
  /// Side `to` takes up to `limit` bytes ahead of using them.
  void takeAhead(Stream& stream, int to, std::size_t limit);
  /// The side is gone; unread input makes this a reset, as on Linux. Whatever still comes for it is
  /// answered by a reset.
  void close(Stream& stream, int from);
  /// The side resets the connection: what it sent and did not arrive is lost, the other side is
  /// told.
  void abort(Stream& stream, int from);
  /// An offered stream will not be accepted: its listener is gone.
  void decline(Stream& stream, bool established);
  /// A fault of the network: both sides are told.
  void breakStream(Stream& stream);
  /// Calls party.deadline() of that side at `at`, unless the stream is gone by then.
  void wakeAt(Instant at, Stream& stream, int side);
  std::size_t openStreams() const noexcept { return open_; }

  void note(TraceKind kind, const Stream& stream, int side, std::uint64_t number = 0, ByteView bytes = {}) {
    ++progress_;
    trace_.add(elapsed(), kind, stream.number, stream.side[side].id, stream.side[1 - side].id, number, bytes);
  }
  void noteHost(TraceKind kind, std::uint8_t host, std::uint64_t number = 0) {
    trace_.add(elapsed(), kind, kNoConnection, host, host, number);
  }
  /// Grows with everything that happens on the wire.
  std::uint64_t progress() const noexcept { return progress_; }
  Choices& choices() const noexcept { return choices_; }
  Trace& trace() const noexcept { return trace_; }
  ChunkMemory& chunkMemory() noexcept { return memory_; }
  Faults& faults() noexcept { return faults_; }
  /// The window of new streams.
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
  bool halted_ = false;
};

}  // namespace teasel::fakes
