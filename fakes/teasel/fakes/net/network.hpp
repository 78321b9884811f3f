#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/fakes/net/chunk_memory.hpp>
#include <teasel/fakes/net/host_names.hpp>
#include <teasel/fakes/net/links.hpp>
#include <teasel/fakes/net/stream.hpp>
#include <teasel/fakes/net/unix_names.hpp>
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

/// Lets the rest of a simulation go on while code of one host takes time. The World implements it.
class TimeKeeper {
 public:
  /// Moves the clock to `until`. The host, or every host for kRemotePeer, does nothing meanwhile.
  virtual void passTime(std::uint8_t host, Instant until) = 0;

 protected:
  ~TimeKeeper() = default;
};

/// The result of Network::listen and Network::listenUnix. The last two are for UNIX sockets alone:
/// a file that is no socket is there, and a living process holds the lock.
enum class ListenResult : std::uint8_t { kListening, kPortTaken, kDrawnFault, kNoSocket, kLocked };

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
  /// Moves the clock forward, never back. A move to nextDue() or beyond it must be followed by
  /// deliverDue().
  void setNow(Instant to) noexcept { now_ = to > now_ ? to : now_; }
  /// Code that runs on `host` takes `by`, which must not be negative. kRemotePeer: no host does
  /// anything meanwhile. Returns when that time has passed. What arrives in between waits at the
  /// sockets. With a TimeKeeper, the other hosts go on.
  void takeTime(std::uint8_t host, Duration by);
  /// Delivers what arrives until then, and moves the clock there.
  void passUntil(Instant until);
  void setTimeKeeper(TimeKeeper* keeper) noexcept { timeKeeper_ = keeper; }
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
  /// The IPv6 address of a host: fd00::a00:(number + 1).
  static Address hostAddress6(std::uint8_t id) noexcept;
  /// Whether it is one of these two, with any port.
  static bool isAddressOf(std::uint8_t host, const Address& address) noexcept;
  /// Whether a host may listen on the address or connect from it. It may for its own address, for
  /// loopback addresses, and for "any" ("0.0.0.0", "::", no address).
  static bool ownAddress(std::uint8_t host, const Address& address) noexcept;
  /// The address at which hosts find the remote peer as a server. The gate answers there; without
  /// one, connections are refused.
  static Address remoteServer() noexcept;
  /// An address that never answers: an attempt to connect there ends by its time-out.
  static Address blackHole() noexcept;
  void setGate(RemoteGate* gate) noexcept { gate_ = gate; }
  /// The host names that a test has set (World::names).
  HostNames& hostNames() noexcept { return hostNames_; }
  /// The name of a host, for the resolvers; it is borrowed until restart or removeHost. "" for a
  /// host without one.
  void nameHost(std::uint8_t id, std::string_view name) { namedHosts_[id] = name; }
  std::string_view hostName(std::uint8_t id) const noexcept { return namedHosts_[id]; }
  std::size_t hosts() const noexcept { return namedHosts_.size(); }

  /// Registers a listener, which must live until stopListening. Port 0 in `at` is replaced by a
  /// free port. Registers nothing when the port is taken or a fault is drawn. It is taken if
  /// another one has the same number and an address in common: "0.0.0.0" has all of IPv4, and "::"
  /// has all. In runs of version 1 every port had all addresses of its host.
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
  /// not be 0), whatever its address is. `entity` and the one after it key the choices of the two
  /// directions.
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
  /// A side leaves without a word, because its host lost its power.
  void vanish(Stream& stream, int side);
  /// Calls deadline() of the party at that side at the instant `at`, unless the side has left by
  /// then.
  void wakeAt(Instant at, Stream& stream, int side);
  std::size_t openStreams() const noexcept { return open_; }

  // UNIX sockets (network_unix.cpp) ---------------------------------------------------------------
  /// As listen, for the UNIX address `at` of a host. A leftover is replaced. With `lock` it takes
  /// the lock, too.
  ListenResult listenUnix(std::uint8_t host, const Address& at, bool lock, StreamListener& listener);
  /// As connect, to the UNIX address `to` of the same host. Unless it is `answered`, nothing
  /// happens after the stream was made: the caller knows already that it fails.
  void connectUnix(std::uint8_t host, const Address& to, bool answered, StreamEnd& party, Stream*& made);
  /// The files, names and locks of all hosts.
  UnixNames& unixNames() noexcept { return names_; }
  const UnixNames& unixNames() const noexcept { return names_; }

  // Links, and hosts that are down (network_links.cpp) -------------------------------------------
  /// Changes what happens to what `from` sends to `to`, and with `bothWays` the other way, too. A
  /// party is a host, by number, or kRemotePeer. At `until` the link opens by itself. Returns false
  /// when nothing changes. Sides of streams hear of it as they hear of arrivals: no user code runs.
  bool setLink(std::uint8_t from, std::uint8_t to, LinkState state, bool bothWays, Instant until = kNever);
  /// From now on, what `from` sends to `to` takes at least so long.
  void setLatency(std::uint8_t from, std::uint8_t to, Duration latency);
  /// Opens every link. Latency stays.
  void openLinks();
  const Links& links() const noexcept { return links_; }
  /// The process of a host is gone. Its ports are free, but keep their place in the order of
  /// listening until forgetPorts. `silent`: the host answers nothing.
  void hostDown(std::uint8_t host, bool silent);
  void hostUp(std::uint8_t host);
  void forgetPorts(std::uint8_t host);
  /// A listener is gone, and its host with it. What was on the way to it is declined, or its end
  /// vanishes if the host is `silent`.
  void abandonPort(const StreamListener& listener, bool silent);
  /// What waited for a listener that is gone is lost: the caller asks again (Stream::tries).
  void requestLost(Stream& stream);
  /// Does what keep-alive does in the end: an end is reset if the other end is gone and could not
  /// tell it. Returns whether there was such an end.
  bool keepAlive();

  /// Records an event of a side of a stream, or of a host, in the trace.
  void note(TraceKind kind, const Stream& stream, int side, std::uint64_t number = 0, ByteView bytes = {}) {
    ++progress_;
    // Asked here: a campaign traces nothing, and need not gather what the trace would take.
    if (!trace_.off()) trace_.add(elapsed(), kind, stream.number, stream.side[side].id, stream.side[1 - side].id, number, bytes);
  }
  void noteHost(TraceKind kind, std::uint8_t host, std::uint64_t number = 0) {
    if (!trace_.off()) trace_.add(elapsed(), kind, kNoConnection, host, host, number);
  }
  /// Keeps where deliveries ended, from now on (deliveries).
  void keepDeliveries() noexcept { keepsDeliveries_ = true; }
  /// A delivery to a host, of what a remote peer sent.
  struct Delivery {
    std::uint32_t entity;  ///< of the peer's direction, as in the keys of choices
    std::uint64_t upTo;    ///< how many bytes of that direction were delivered when it ended
  };
  /// The deliveries since restart, in order; at most kMaxDeliveries.
  std::span<const Delivery> deliveries() const noexcept { return deliveries_; }
  static constexpr std::size_t kMaxDeliveries = 16'384;
  void noteDelivery(std::uint32_t entity, std::uint64_t upTo) {
    if (keepsDeliveries_ && deliveries_.size() < kMaxDeliveries) deliveries_.push_back({entity, upTo});
  }
  /// How many bytes the protocols of hosts have got since restart, whoever sent them.
  std::uint64_t heard() const noexcept { return heard_; }
  void noteHeard(std::size_t bytes) noexcept { heard_ += bytes; }
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
  /// Whether a small window opens to its full size once it has cut kCutWrites writes short. So the
  /// length of a run does not depend on how much is sent through a window of one byte.
  void setWindowsOpen(bool open) noexcept { windowsOpen_ = open; }
  static constexpr std::uint16_t kCutWrites = 1024;

 private:
  enum class DueKind : std::uint8_t { kArrive, kWake, kRoute, kAttempt, kAnswer, kOffer, kReset, kGiveUp, kRepair };
  struct Due {
    Instant at;
    std::uint64_t order;
    Stream* stream;
    std::uint32_t generation;
    DueKind kind;
    std::uint8_t side;
    bool stale() const noexcept { return stream->generation != generation || (kind >= DueKind::kReset && overtaken()); }
    bool overtaken() const noexcept;
    bool operator<(const Due& other) const noexcept { return at != other.at ? at > other.at : order > other.order; }
  };
  struct Listening {
    Address at;
    StreamListener* listener;  // null: its host is down
    std::uint8_t host;
  };
  Stream& makeStream();
  void recycle(Stream& stream) noexcept;
  void leave(Stream& stream, int side) noexcept;
  void route(Stream& stream);
  void decide(Stream& stream);
  void resetSide(Stream& stream, int side);
  void tellReset(Stream::Side& side);
  void arrive(Stream& stream, int from);
  void unblock(Stream::Side& sender);
  std::size_t loseUnarrived(Stream::Side& side) noexcept;
  bool drawTrouble(Stream& stream, int from, Instant& at);
  void dropDue() noexcept;
  void later(Instant at, DueKind kind, Stream& stream, int side);
  Duration drawDelay(std::uint32_t entity);
  std::size_t drawWindow(std::uint32_t entity);
  static Address defaultAddress(std::uint8_t host, const Address& to) noexcept;
  std::uint16_t ephemeralPort();
  const Listening* listenerFor(const Address& to, std::uint8_t fromHost) const noexcept;
  std::size_t writeInTrouble(Stream& stream, int from, ByteView bytes);
  void enter(Stream& stream, int from);
  // network_unix.cpp
  void callUnix(Stream& stream, StreamListener* listener, bool known);
  std::size_t writeLocal(Stream& stream, int from, ByteView bytes);
  void closeLocal(Stream& stream, int from, bool reset);
  // network_links.cpp
  std::uint8_t placeOf(std::uint8_t from, const Address& address) const noexcept;
  LinkState way(const Stream& stream, int from) const noexcept;
  LinkState roundTrip(const Stream& stream) const noexcept { return std::max(way(stream, 0), way(stream, 1)); }
  Duration latencyOf(const Stream& stream, int from) const noexcept;
  bool plainWay(const Stream& stream, int from) const noexcept;
  void deliverLinkDue(const Due& due);
  void attempt(Stream& stream, Duration delay);
  bool passes(Stream& stream, Stream::Held as);
  void answer(Stream& stream);
  void offerLate(Stream& stream);
  void tryAgain(Stream& stream);
  std::size_t writeOverLink(Stream& stream, int from, ByteView bytes, Instant at);
  void finishOverLink(Stream& stream, int from, Instant at);
  void abortOverLink(Stream& stream, int from);
  void sendReset(Stream& stream, int side);
  void resetArrives(Stream& stream, int side);
  void applyLink(std::uint8_t from, std::uint8_t to);
  void applyTo(std::uint8_t host);
  void update(Stream& stream, int from);
  void updateStream(Stream& stream, int from);
  std::vector<Stream*> openByNumber() const;
  void updateAttempt(Stream& stream);
  void resume(Stream& stream, int from);
  void awaitGiveUp(Stream& stream, int side);
  void giveUp(Stream& stream, int side);
  void drawPartition(const Stream& stream, int from);

  Choices& choices_;
  Trace& trace_;
  ChunkMemory memory_;
  Instant now_ = kStart;
  Faults faults_;
  RemoteGate* gate_ = nullptr;
  TimeKeeper* timeKeeper_ = nullptr;
  std::vector<SimDriver*> hosts_;  // by number; null when gone
  std::vector<Listening> listeners_;
  UnixNames names_;
  HostNames hostNames_;
  std::vector<std::string_view> namedHosts_;  // as hosts_
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Stream*> free_;
  std::vector<Due> agenda_;  // a heap
  std::vector<Delivery> deliveries_;
  std::uint64_t nextDueOrder_ = 0, progress_ = 0, heard_ = 0;
  std::size_t open_ = 0, window_ = Pipe::kWindow;
  bool windowsOpen_ = false;
  std::uint32_t nextStream_ = 0;
  std::uint16_t nextPort_ = 0;
  unsigned version_ = kCodecVersion;
  bool halted_ = false;
  bool keepsDeliveries_ = false;
  Links links_;
  Stream linkTimer_;  // stands in the agenda for what concerns no stream
};

}  // namespace teasel::fakes
