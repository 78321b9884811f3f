#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/logger.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/fakes/net/host_names.hpp>
#include <teasel/fakes/net/network.hpp>
#include <teasel/fakes/net/remote_peer.hpp>
#include <teasel/fakes/play/choices.hpp>
#include <teasel/fakes/play/climate.hpp>
#include <teasel/fakes/play/limits.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/trace/diagram.hpp>
#include <teasel/fakes/trace/trace.hpp>
#include <teasel/fakes/trace/verdict.hpp>
#include <teasel/fakes/world/host.hpp>

namespace teasel::fakes {

/// How a world is made. reset() can change it.
struct WorldOptions {
  SimDriver::Mode mode = SimDriver::Mode::kReadiness;
  ChunkMemory::Mode chunks = ChunkMemory::kDefault;
  Trace::Mode trace = Trace::Mode::kLog;
  Network::Faults faults{};
  std::size_t window = Pipe::kWindow;
  Limits limits{};
  /// After the Play the world visits deadlines until none is left. It gives up after so many in a
  /// row at which no byte moved: there are timers that set themselves again.
  std::uint64_t endingDeadlines = 1000;
  /// Receives the log events of the world while it runs; null drops them.
  LogObserver* log = nullptr;
};

/// A deterministic world. It has hosts with real reactors on a simulated network, remote peers that
/// the Play or the test moves, a clock that jumps from one due thing to the next, and a trace of
/// all that happened. The same Play and the same Choices give the same trace on every machine.
///
/// A test by hand connects peers (connect), lets them act (RemotePeer), moves the world (settle,
/// advance, advanceToNext, runUntil) and looks at what came of it. The comment of StringTransport
/// (string_transport.hpp) shows such a test, with two peers and a time-out. An engine fills play()
/// and choices() and lets the scenario call run().
///
/// It has one thread. Code that runs in it (protocols, timers) may call check, fail, note, peer,
/// connect, host, now and takeTime. It must not call run, runUntil, step, settle, advance,
/// advanceToNext or reset: these throw UsageError then.
///
/// The world has oracles of its own: "exception" (user code threw what allow() did not name),
/// "stuck" (see StuckReport), "open-connection", "pending-timer", "unhandled-failure",
/// "unfired-deferred", "live-protocol".
class World final : public Observer, private RemoteGate, private WaitPump, private TimeKeeper {
 public:
  explicit World(const WorldOptions& options = {});
  /// Ends every host and tells its protocols so, then reports to leak_guard what is left over.
  ~World() override;

  /// What the remote peers do in run(). Its version says by which rules the world moves, also where
  /// a test moves it by hand.
  Play& play() noexcept { return play_; }
  /// The source of all that the environment decides.
  Choices& choices() noexcept { return choices_; }
  Trace& trace() noexcept { return trace_; }
  Network& network() noexcept { return network_; }
  const WorldOptions& options() const noexcept { return options_; }
  /// How the drivers of hosts work that are made from now on: as the options say, or as the
  /// climate.
  SimDriver::Mode mode() const noexcept { return mode_; }
  /// Draws the climate of a run, within limits: the mode, and which faults exist beside those of
  /// the options. It is for a world that has no host yet; Scenario::run calls it.
  void drawClimate(const ClimateLimits& limits);
  /// The host of this name. The first call makes it. The reference is valid until reset(). Throws
  /// UsageError for the name kOutside.
  Host& host(std::string_view name = "host");
  /// The host whose code runs now; null outside of such code.
  const Host* running() const noexcept { return running_; }
  /// The address at which hosts find the remote peer as a server.
  Address remoteAddress() const noexcept { return Network::remoteServer(); }
  /// The host names that resolvers of hosts know, beside the names of the hosts themselves.
  HostNames& names() noexcept { return network_.hostNames(); }
  /// The remote peer of connection k of the Play, connected or not. Throws UsageError for k above
  /// 7. The reference is valid as long as the world.
  RemotePeer& peer(unsigned k) { return k < peers_.size() && peers_[k] != nullptr ? *peers_[k] : makePeer(k); }
  /// Connects the remote peer of connection k by hand, as the Play's connect(k, port) does: to the
  /// port-th listening port in the order of listening (modulo their number). Where the hosts are
  /// clients, it accepts the next connection that one of them makes to remoteAddress() instead.
  /// Protocols hear of it when the world moves next (settle, advance, run ...). Each k connects
  /// once: throws UsageError for a second time, and for k above 7. What a Play does on k
  /// happens on this connection as long as it is open; the Play's connect(k) is skipped then.
  RemotePeer& connect(unsigned k, std::size_t port = 0);

  // Links between hosts (world_links.cpp). Each of them has two ends: the name of a host that
  // exists, or kOutside. Throws UsageError for another name and for a link from a party to itself.
  // All may be called at any time, also inside callbacks, and take effect at once.
  /// The end of links where all remote peers are.
  static constexpr std::string_view kOutside = "outside";
  /// The two parties do not hear each other until repair. Packets between them are lost, so:
  ///  - A stream stands still and never has a gap. What was in flight or is sent meanwhile, an end
  ///    of stream included, arrives after the repair, as fast as if it were sent then.
  ///  - A reset that is sent or in flight meanwhile is lost. The other end learns that the stream
  ///    is dead when it sends, or when something that it sent arrives after the repair.
  ///  - Who has sent something that does not arrive gives up after 924.6 s, as Linux does, and gets
  ///    a ConnectionLost. Who has sent nothing notices nothing, except by a time-out of its own.
  ///  - An attempt to connect is repeated after 1, 3, 7, 15, 31 and 63 s, as Linux does it, and
  ///    ends after 127 s with a TimeoutError. It needs both directions.
  ///
  /// Acknowledgements are not simulated: where one direction is open, bytes pass it.
  void partition(std::string_view a, std::string_view b) { setLink(a, b, LinkState::kCut, true); }
  /// The same for what `from` sends to `to`.
  void partitionOneWay(std::string_view from, std::string_view to) { setLink(from, to, LinkState::kCut, false); }
  /// The network keeps what the two parties send each other, in order, and delivers it at the
  /// release: bytes, ends of streams, resets and attempts to connect. No kernel gives up.
  void hold(std::string_view a, std::string_view b) { setLink(a, b, LinkState::kHeld, true); }
  void holdOneWay(std::string_view from, std::string_view to) { setLink(from, to, LinkState::kHeld, false); }
  /// The link is open again, whatever closed it.
  void repair(std::string_view a, std::string_view b) { setLink(a, b, LinkState::kOpen, true); }
  void repairOneWay(std::string_view from, std::string_view to) { setLink(from, to, LinkState::kOpen, false); }
  /// Other names of repair, which read well after hold.
  void release(std::string_view a, std::string_view b) { repair(a, b); }
  void releaseOneWay(std::string_view from, std::string_view to) { repairOneWay(from, to); }
  /// From now on, what `from` sends to `to` takes at least so long. It is for one direction, and
  /// comes before the delays that are drawn. Connecting takes a round trip, and the server knows of
  /// it half a round trip later. What is in flight keeps its time. Throws NegativeDelay.
  void latency(std::string_view from, std::string_view to, Duration time, Site site = Site::here());

  Instant now() const noexcept { return network_.now(); }
  /// Whether run, advance or a relative of them is under way.
  bool moving() const noexcept { return busy_; }
  /// What the app events of the Play do. The action runs between turns.
  void onApp(UniqueFunction<void(unsigned op, std::uint64_t argument)> action) { onApp_ = std::move(action); }

  /// The whole life of a run: performs the Play, lets it end, shuts the hosts down and looks for
  /// what is left over. When the Play is over, every link opens, and no more partitions and crashes
  /// are drawn; hosts that are down stay so unless their restart is due. Hosts accept nothing
  /// afterwards. True when there is no verdict.
  bool run();
  /// Lets the world go on until `done()` is true, and moves the clock when nothing is left to do at
  /// an instant. True when `done()` is. False when nothing is left to happen, or when a limit is
  /// reached, which is the verdict "stuck". The Play is not performed.
  template <class P>
  bool runUntil(P&& done) {
    return runUntil(std::forward<P>(done), options_.limits);
  }
  template <class P>
  bool runUntil(P&& done, const Limits& limits) {
    const Running running(*this, limits);
    while (!done())
      if (!settleStep() && !advanceInstant(kNever)) return done();
    return true;
  }
  /// Lets time pass and visits every deadline and arrival on the way at its own time. A callback
  /// that takes time may move the clock further. Throws NegativeDelay.
  void advance(Duration by, Site site = Site::here());
  /// Moves to the next thing that is due and lets everything happen there. False when nothing is
  /// due.
  bool advanceToNext();
  /// Gives one reactor one turn at this instant. False when none has anything to do.
  bool step();
  /// The code that runs takes `by`, as if it worked or blocked for so long. Inside a callback, its
  /// host does nothing meanwhile; the wire and the other hosts go on, because hosts are machines of
  /// their own. So their callbacks may run inside this call. Only their calls in threads and their
  /// shutdowns wait until nobody takes time. The turn of the host goes on with the time that it has
  /// sampled (Clock::now); Clock::liveNow has moved, and delays count from there. What fell due or
  /// arrived meanwhile comes in the next turn, in order.
  ///
  /// Inside an application action or outside of run and its relatives, no host does anything
  /// meanwhile. Throws NegativeDelay.
  void takeTime(Duration by, Site site = Site::here());
  /// Lets everything happen that can at this instant.
  void settle() { advance(Duration::zero()); }

  /// Records a verdict under this oracle unless `condition` holds. The world stops after the
  /// current callback. Returns `condition`.
  bool check(bool condition, std::string_view oracle, Site site = Site::here()) {
    if (!condition) [[unlikely]]
      fail(oracle, "the check failed", site);
    return condition;
  }
  /// Records a verdict. Only the first one counts. `aspect` tells the faults of one oracle apart
  /// (Verdict::aspect); blanks, commas and control characters in it become '-'.
  void fail(std::string_view oracle, std::string message, Site site = Site::here(), std::string_view aspect = {}) {
    record(oracle, std::move(message), std::nullopt, site, aspect);
  }
  /// The same for an oracle of a counted bound. Shrinking keeps a margin above the bound.
  void fail(std::string_view oracle, std::string message, const Excess& excess, Site site = Site::here()) {
    record(oracle, std::move(message), excess, site, {});
  }
  /// Says something that people must know of this run and that is no verdict: an oracle could not
  /// see what it looks for. Only the first warning is kept. Engines show it.
  void warn(std::string message) {
    if (warning_.empty()) warning_ = std::move(message);
  }
  /// The warning of this run; empty when there is none.
  const std::string& warning() const noexcept { return warning_; }
  /// Null when nothing has failed.
  const Verdict* verdict() const noexcept { return verdict_ ? &*verdict_ : nullptr; }
  /// What everything waited for when a limit was reached.
  const std::optional<StuckReport>& stuck() const noexcept { return stuck_; }
  /// User code may throw E: that ends its connection and is no verdict.
  template <class E>
  void allow() {
    allowed_.push_back([](const Failure& failure) { return failure.check<E>() != nullptr; });
  }
  /// User code may throw anything.
  void allowExceptions() {
    allowed_.push_back([](const Failure&) { return true; });
  }
  /// Puts a number of the caller into the trace.
  void note(std::uint64_t number) { network_.noteHost(TraceKind::kUser, kRemotePeer, number); }
  /// Looks for Deferreds that died unfired or unhandled or that still live, and for protocols that
  /// still live. Engines call it when the function of the scenario has returned. True when there is
  /// no verdict.
  bool finish();
  /// How many bytes the protocols of hosts have got. Nothing where the run has no host.
  std::optional<std::uint64_t> heard() const noexcept {
    return hostCount_ == 0 ? std::nullopt : std::optional<std::uint64_t>(network_.heard());
  }
  /// The names of the hosts in use, by number.
  std::vector<std::string> hostNames() const;
  /// What has happened, as a sequence diagram with the names of the hosts and the verdict.
  std::string diagram(const DiagramOptions& options = {}) const {
    return fakes::diagram(trace_, hostNames(), verdict(), options);
  }
  /// One line for everything that is open, which says what it waits for.
  std::vector<std::string> waiting();

  /// As new, for the next run: hosts, trace, verdict and time. Nothing is allowed any more, and no
  /// application action is set. The memory stays, and so do the Play and the source of Choices,
  /// which the engine sets. Throws UsageError inside a callback of the world.
  void reset() { reset(options_); }
  void reset(const WorldOptions& options);
  /// The number of what began with the last reset(). No two worlds share one.
  std::uint64_t epoch() const noexcept { return epoch_; }

  /// Makes this world the observer of this thread, and its log the log of this thread, while it
  /// lives. It is for code of a scenario that runs between calls of the world.
  class Active {
   public:
    explicit Active(World& world) noexcept : observer_(&world), log_(world.options_.log) {}

   private:
    Observer::Scope observer_;
    LogScope log_;
  };

 private:
  /// A call that moves the world: active, within limits, and never inside another one.
  class Running {
   public:
    Running(World& world, const Limits& limits);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

   private:
    World& world_;
    Active active_;
    const Limits* outer_;
  };
  struct Chain {
    Site made;
    bool alive;
  };
  struct Died {
    std::uint64_t id;
    Site made;
    Failure unhandled;
    bool fired;
  };

  /// Code of this host runs.
  class CodeOf {
   public:
    CodeOf(World& world, Host& host) noexcept : world_(world), outer_(world.running_) { world.running_ = &host; }
    CodeOf(const CodeOf&) = delete;
    CodeOf& operator=(const CodeOf&) = delete;
    ~CodeOf() { world_.running_ = outer_; }

   private:
    World& world_;
    Host* outer_;
  };

  // Observer, RemoteGate, WaitPump, TimeKeeper
  std::uint64_t chainMade(Site site) override;
  void chainDied(std::uint64_t id, Site made, bool fired, const Failure& unhandled) override;
  std::uint64_t protocolMade() override;
  void protocolDied(std::uint64_t id) override;
  void userException(const char* where, const Failure& failure) override;
  bool remoteConnect(Stream& stream) override;
  bool pump() override { return settleStep() || (limits_ != nullptr && advanceInstant(kNever)); }
  void passTime(std::uint8_t host, Instant until) override;

  RemotePeer& makePeer(unsigned k);
  bool settleStep();
  void settleAll() {
    while (hostCount_ == 1 ? settleOnly(*hosts_.front()) : settleStep()) {
    }
  }
  bool settleOnly(Host& host) {
    if (stopped() || !host.ready() || overLimit()) return false;
    turn(host);
    return true;
  }
  bool overLimit() {
    const Limits& most = *limits_;
    return (events_ >= most.events || eventsHere_ >= most.eventsAtOneInstant || quietEvents_ >= most.eventsSinceProgress) &&
           reachLimit();
  }
  bool advanceInstant(Instant until);
  void wakeForNothing();
  void moveTo(Instant to);
  Instant nextDue();
  void turn(Host& host);
  void shutDown(Host& host);
  void record(std::string_view oracle, std::string message, const std::optional<Excess>& excess, Site site,
              std::string_view aspect);
  void afterTurn();
  void reportChains();
  bool reachLimit();
  void getStuck(const char* limit, std::uint64_t allowed);
  void startHosts();
  void performPlay();
  void perform(const PlayEvent& event, std::size_t index);
  bool echo(RemotePeer& remote, const PlayEvent& event);
  void performAdvance(Duration by);
  void performApp(const PlayEvent& event);
  void performTimer(TimerPoint point);
  void setLink(std::string_view a, std::string_view b, LinkState state, bool bothWays);
  std::uint8_t partyOf(std::string_view name) const;
  std::uint8_t partyOf(unsigned party) const noexcept;
  bool performLink(const PlayEvent& event, LinkState state);
  bool performLatency(const PlayEvent& event);
  Host* hostOf(const PlayEvent& event) const noexcept;
  void drawCrash(Host& host);
  void endTroubles();
  std::string partyName(std::uint8_t party) const;
  void describeLinks(std::vector<std::string>& lines) const;
  bool settlesBefore(const PlayEvent& next, const PlayEvent& last);
  bool connectPeer(unsigned k, std::size_t port);
  void endPlay();
  void passTimers();
  void endHosts();
  void checkConnections();
  void checkTimers();
  bool stopped() const noexcept { return verdict_.has_value(); }

  WorldOptions options_;
  SimDriver::Mode mode_ = SimDriver::Mode::kReadiness;
  Choices choices_;
  Trace trace_;
  Network network_{choices_, trace_};
  Play play_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::size_t hostCount_ = 0;
  std::array<std::unique_ptr<RemotePeer>, Play::kMaxConnections> peers_;
  std::size_t peersUsed_ = 0;  // no peer from here on has been connected in this run
  // connections of hosts to the remote peer that no connection of the Play has accepted yet
  std::vector<Stream*> unaccepted_;
  std::vector<std::uint8_t> expecting_;  // connections of the Play that wait for a host to connect
  UniqueFunction<void(unsigned, std::uint64_t)> onApp_;
  std::vector<bool (*)(const Failure&)> allowed_;
  std::optional<Verdict> verdict_;
  std::optional<StuckReport> stuck_;
  std::string warning_;
  std::vector<Chain> chains_;
  std::vector<Died> died_;
  std::size_t liveProtocols_ = 0;
  // the number of this run in the ids of chains and protocols; no two worlds share one
  std::uint64_t epoch_ = 0;
  const Limits* limits_ = nullptr;
  Host* running_ = nullptr;    // whose code runs
  std::size_t busyHosts_ = 0;  // whose code takes time
  Instant runStart_{};
  std::uint64_t events_ = 0, eventsHere_ = 0, quietEvents_ = 0, progressSeen_ = 0;
  bool busy_ = false;
};

}  // namespace teasel::fakes
