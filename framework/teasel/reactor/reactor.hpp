#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel {

class ClientFactory;
class Connector;
class Factory;
class Port;
class Reactor;
class Resolver;
class ThreadCalls;
class ThreadPool;

/// How Reactor::listenUNIX listens.
struct UnixListenOptions {
  int backlog = 50;      ///< how many connections may wait to be accepted
  int mode = 0666;       ///< the permissions of the file; connecting needs the right to write
  bool wantPID = false;  ///< hold the lock `path + ".lock"` while listening; see listenUNIX
};

/// Something that has work for the closing phase of the current turn. An example is a connection
/// with output to flush or an end to report. The queue is intrusive, so that asking allocates
/// nothing. Reactor::atTurnEnd queues each object once.
class TurnEnd {
 public:
  /// The work, which runs in the closing phase. It may ask for the closing phase again.
  virtual void endTurn() = 0;

 protected:
  TurnEnd() = default;
  ~TurnEnd();

 private:
  friend class Reactor;
  TurnEnd* next_ = nullptr;
  Reactor* queuedIn_ = nullptr;
};

/// Something that a reactor must end before it ends itself: a connection, a port or a connector.
/// The reactor keeps them in an intrusive list, in order of creation.
class Resource {
 public:
  /// Ends it. Its users are told (by connectionLost, for example) at the latest in the next closing
  /// phase. The reactor's shutdown and its destructor call this.
  virtual void shutDown() = 0;
  /// Forgets its users and its reactor, and tells nobody. What it kept alive, itself included,
  /// moves to `remains`. Its slot is gone already. Reactor::abandon calls this.
  virtual void abandon(std::vector<std::shared_ptr<void>>& remains) = 0;
  /// One line for reports. It says what the resource is and what it waits for.
  virtual std::string describe() const = 0;

 protected:
  Resource() = default;
  ~Resource() { unlink(); }
  void unlink() noexcept;

 private:
  friend class Reactor;
  Reactor* owner_ = nullptr;
  Resource* previous_ = nullptr;
  Resource* following_ = nullptr;
};

/// The event loop. There is one per thread at a time and any number per process. None is global.
///
/// Turn rules. These are guarantees, and each has a test that runs on every driver:
///  1. A turn starts when the wait returns. Time is sampled once. Then I/O is dispatched, the
///     thread calls that were queued at entry run, and due timers run. The closing phase ends the
///     turn. A connection is flushed at the end of its own dispatch. What other connections, timers
///     or thread calls wrote to it is flushed in the closing phase. The closing phase also reports
///     connectionLost. It repeats until nothing is left, at most kClosingRounds times a turn. The
///     loop never waits while there is output that was not offered to the driver. now() stands
///     still from the sample to the end of the turn; between turns it asks the driver. A deadline
///     is the driver's time at the call (liveNow) plus the delay, so work that blocks before the
///     call does not shorten it. What falls due after the sample waits for the next turn.
///  2. No user callback (of a protocol, factory or producer) runs inside a call of Transport or
///     Reactor. There is one exception: calls that listen or adopt call startFactory, so that it
///     can fail. connectionMade comes in a later turn even if connect succeeds at once.
///  3. A protocol is never re-entered. connectionMade comes first. connectionLost comes last,
///     exactly once.
///  4. Timers of equal time run in the order in which they were last set, that is created, reset or
///     delayed. (Twisted promises nothing.) cancel is effective within the same turn.
///  5. Work that is posted during a turn runs in the next turn. callLater(0) cannot starve I/O.
///  6. A connection is destroyed only in the closing phase.
///  7. Callbacks of a Deferred run synchronously in callback(). A callback that is added while one
///     runs, runs after it.
///  8. The following is free, and the simulation varies it: how chunks are cut; how many deliveries
///     a connection gets in a turn; whether end of stream shares a turn with the last bytes; the
///     order among ready connections; which reactor goes first at one instant; whether an arrival
///     or a timer of the same instant comes first; the order of accepting; ports; the sizes of
///     short writes; in which turn connectionLost follows loseConnection; whether a paused
///     connection notices a reset.
class Reactor final : public Clock {
 public:
  enum class Phase : std::uint8_t { kBefore, kDuring, kAfter };
  enum class Event : std::uint8_t { kStartup, kShutdown };
  using TriggerId = std::uint64_t;
  static constexpr int kClosingRounds = 1000;

  explicit Reactor(std::unique_ptr<Driver> driver);
  /// Ends every resource as shutdown would, connectionLost included. It fires no triggers and drops
  /// all timers.
  ~Reactor() override;

  /// The driver's time.
  Instant liveNow() const noexcept override { return driver_->now(); }

  // The loop --------------------------------------------------------------------------------------
  /// Calls startRunning, takes turns until stop() or crash(), then calls shutdown. Throws
  /// ReactorAlreadyRunning inside run, and ReactorNotRestartable after a run that was stopped.
  void run();
  /// Fires startup. It is for those who own the loop, as a World does. They then call turn() until
  /// stopRequested(), then shutdown().
  void startRunning();
  /// Fires shutdown and ends every resource. `wait` is called to make progress while a trigger
  /// blocks. The default is a turn that waits.
  void shutdown(UniqueFunction<void()> wait = nullptr);
  bool stopRequested() const noexcept { return state_ == State::kStopping; }
  /// Ends run() after this turn: shutdown triggers run, then every resource is ended. Triggers of
  /// phase kBefore may take turns; see blockSystemEvent. Throws ReactorNotRunning when the reactor
  /// is not running or was stopped already, and UsageError in another thread.
  void stop();
  /// Leaves run() after this turn without shutdown. run() may be called again. Throws as stop()
  /// does when the reactor is not running, and in another thread.
  void crash();
  /// True from phase kDuring of startup until phase kDuring of shutdown.
  bool running() const noexcept { return state_ == State::kRunning || state_ == State::kStopping; }
  /// Takes one turn, which waits at most `maxWait`. Throws ReactorAlreadyRunning inside a turn.
  void turn(Duration maxWait = Duration::zero());
  /// Makes the reactor as new, for those who reuse one, as a World does between runs. Returns false
  /// and changes nothing if something is left in it: a resource, a timer, a posted call, a trigger
  /// or a call in a thread.
  bool renew();
  /// Forgets everything and tells nobody, as the death of a process does: resources, timers, posted
  /// calls, triggers and calls in threads. It is for the simulation of a crash. What the reactor
  /// kept alive moves to `remains`, and nothing is destroyed in this call. So it may be made inside
  /// a callback; no further callback follows in that turn. The driver must have forgotten its slots
  /// before. Then destroy `remains` outside of any turn, and call renew().
  void abandon(std::vector<std::shared_ptr<void>>& remains);
  /// Grows with each abandon(). Whoever makes several callbacks in a row compares it between them.
  std::uint32_t lives() const noexcept { return lives_; }
  /// When the next turn certainly has something to do: now (posted work, output), the time of a
  /// timer, or kNever.
  Instant nextWork() const noexcept;

  // Work ------------------------------------------------------------------------------------------
  /// Runs `call` when the reactor starts (phase kAfter of startup), or in the next turn if it is
  /// running.
  void callWhenRunning(UniqueFunction<void()> call);
  /// Runs `call` in the reactor's thread, in a later turn, in order. Any thread may call this; it
  /// is the only thread-safe call. Once the shutdown is over, calls from other threads are dropped,
  /// with what they captured. Throws UsageError for an empty function.
  void callFromThread(UniqueFunction<void()> call);
  /// Runs `work` in a thread of the reactor's pool. threads.hpp has calls with results. What `work`
  /// throws is logged in the reactor's thread; a verdict (addPassThrough) leaves the turn there.
  /// Shutdown takes further turns until all such calls have ended. Throws UsageError in another
  /// thread than the reactor's and on a driver without threads, ReactorNotRunning after the
  /// shutdown, and LimitExceeded when ThreadPool::kMaxQueued calls wait.
  void callInThread(UniqueFunction<void()> work);
  /// The same. At the end, `done` is called in the reactor's thread, with what the work threw, or
  /// with no failure.
  void callInThreadWithCallback(UniqueFunction<void(const Failure&)> done, UniqueFunction<void()> work);
  /// The pool, for its size and for what blocks its threads. Throws UsageError on a driver without
  /// threads.
  ThreadPool& getThreadPool() const;
  /// At most so many calls run at once (ThreadPool::adjustPoolsize).
  void suggestThreadPoolSize(std::size_t most);
  /// Throws UsageError in the reactor's own thread, where nothing may wait for the reactor. In a
  /// world, everything except what callInThread runs is in that thread.
  void checkMayBlock() const;
  /// Runs `trigger` in that phase of that event. Within a phase, triggers run in order of addition.
  /// An exception is logged.
  TriggerId addSystemEventTrigger(Phase phase, Event event, UniqueFunction<void()> trigger);
  /// Returns false when it is unknown, has run or was removed.
  bool removeSystemEventTrigger(TriggerId id);
  /// For a trigger of phase kBefore: the event does not go on before the returned function was
  /// called or destroyed. The loop and its timers keep running meanwhile. (In Twisted, the trigger
  /// returns a Deferred.)
  UniqueFunction<void()> blockSystemEvent();

  // TCP (defined in protocol/) --------------------------------------------------------------------
  /// Accepts connections on `interface` and `port`. `interface` is an IP literal; "" means 0.0.0.0.
  /// For port 0 the system chooses one; see Port::getHost. Throws CannotListenError and
  /// InvalidAddressError.
  std::shared_ptr<Port> listenTCP(int port, std::shared_ptr<Factory> factory, int backlog = 50, std::string_view interface = {});
  /// Connects to `host`, an IP literal or a name. `factory` hears how it went, never inside this
  /// call. Of the addresses of a name it tries one: the first IPv4 address, or the first address if
  /// there is none (HostnameEndpoint tries all). `timeout` covers name resolution and connecting.
  /// Throws InvalidAddressError for an impossible port, UsageError without a factory and
  /// NegativeDelay for a negative timeout.
  std::shared_ptr<Connector> connectTCP(std::string host, int port, std::shared_ptr<ClientFactory> factory,
                                        Duration timeout = std::chrono::seconds(30), const Address& bindAddress = {});
  /// Replaces the resolver that the driver brought. Open questions to the old one fail in a later
  /// turn, with a DNSLookupError that says so. Throws UsageError for null.
  void installResolver(std::unique_ptr<Resolver> resolver);
  /// Turns names into addresses: resolver().resolve(name, port, answer).
  Resolver& resolver() const noexcept { return *resolver_; }

  // UNIX sockets (defined in protocol/) -----------------------------------------------------------
  /// Accepts connections on the UNIX stream socket `path`: the path of a file, or an abstract name,
  /// which begins with NUL and has neither file, mode nor lock. The peer's address is unnamed.
  ///
  /// The file is made here, with options.mode; nobody can connect before it has that mode. A socket
  /// file at `path` on which nobody listens is a leftover and is replaced. What else is there stays
  /// as it is, and the call fails: a socket on which somebody listens, a file that is no socket.
  /// stopListening removes the file, if it is still the one that was made here. Two processes that
  /// start at the same instant may both see a leftover; wantPID keeps them apart.
  ///
  /// With wantPID it first takes the lock: a symbolic link `path + ".lock"` whose target is the
  /// number of our process. A lock of a process that lives makes the call fail; one of a process
  /// that is gone is replaced. stopListening frees it. connectUNIX can check it (checkPID), and
  /// Twisted's wantPID understands it.
  ///
  /// Throws CannotListenError ("Address already in use" for a living socket), InvalidAddressError
  /// for a path that is empty or too long (Address::kMaxUnixPath), UsageError without a factory,
  /// for a mode beyond 07777 and for the lock of an abstract name, and what startFactory throws.
  /// Then nothing is left behind.
  std::shared_ptr<Port> listenUNIX(std::string path, std::shared_ptr<Factory> factory, const UnixListenOptions& options = {});
  /// Connects to the UNIX stream socket `path`, which is a path or an abstract name. `factory`
  /// hears how it went, never inside this call. A socket whose backlog is full is tried again until
  /// `timeout` is over. clientConnectionFailed gets: UnknownHostError if there is no such file;
  /// ConnectionRefusedError if nobody listens there; TimeoutError; BadFileError with checkPID if no
  /// living process holds the lock (wantPID of listenUNIX); ConnectError for everything else, with
  /// the system's words. Throws InvalidAddressError for a path that is empty or too long,
  /// UsageError without a factory and for checkPID of an abstract name, and NegativeDelay.
  std::shared_ptr<Connector> connectUNIX(std::string path, std::shared_ptr<ClientFactory> factory,
                                         Duration timeout = std::chrono::seconds(30), bool checkPID = false);

  // Adopted descriptors (defined in protocol/) ----------------------------------------------------
  // Both calls duplicate `fd`: the caller keeps it and closes it, at once if it likes. A peer sees
  // an abort only when the last duplicate is closed. The description, which is shared, becomes
  // non-blocking (O_NONBLOCK) and stays so. Several reactors may adopt one port; each connection
  // goes to one of them. The family is asked from the descriptor: IPv4, IPv6 or UNIX. Both throw
  // CannotListenError or ConnectError that says what the descriptor is, if it is not what the call
  // needs ("descriptor 7 is a UDP socket"), and UsageError without a factory and on a driver that
  // has no descriptors, as in a world.
  /// Accepts connections on a stream socket that listens already: one that systemd or a parent
  /// process made. Throws CannotListenError. stopListening closes our duplicate only; it removes no
  /// file. Throws what startFactory throws.
  std::shared_ptr<Port> adoptStreamPort(int fd, std::shared_ptr<Factory> factory);
  /// Runs a protocol of `factory` on a stream socket that is connected already. buildProtocol and
  /// connectionMade come in a later turn, as for a connection that a port accepted. The factory
  /// counts the connection as it counts a port: doStart here, doStop after connectionLost. Throws
  /// ConnectError, and what startFactory throws.
  void adoptStreamConnection(int fd, std::shared_ptr<Factory> factory);

  // For transports --------------------------------------------------------------------------------
  Driver& driver() const noexcept { return *driver_; }
  /// Queues `work` for the closing phase of this turn, or of the next turn if none is running.
  /// Queueing it twice is the same as once.
  void atTurnEnd(TurnEnd& work) noexcept;
  void addResource(Resource& resource) noexcept;
  /// A handle for those who may outlive this reactor. It points to the reactor, and to null once
  /// that is gone. Use it in the reactor's thread only.
  const std::shared_ptr<Reactor*>& weakHandle();
  /// What keeps this reactor busy: one line for each open resource and each timer, in order of
  /// creation, and one for the posted calls and for the calls in threads.
  std::vector<std::string> describeOpen() const;
  std::size_t openResources() const noexcept;

 private:
  friend class TurnEnd;
  friend class Resource;
  enum class State : std::uint8_t { kFresh, kStarting, kRunning, kStopping, kStopped };
  struct Trigger {
    TriggerId id;
    Phase phase;
    Event event;
    UniqueFunction<void()> call;
  };
  void runPosted();
  void runClosing();
  void fire(Event event, Phase phase) {
    if (!triggers_.empty()) fireTriggers(event, phase);
  }
  void fireTriggers(Event event, Phase phase);
  void waitForBlockers(UniqueFunction<void()>& wait);
  void shutDownResources();
  void waitForThreads(UniqueFunction<void()>& wait);
  bool inOwnThread() const noexcept;
  void requireOwnThread(const char* call) const;
  void abandonThreads();
  void runUser(const char* what, UniqueFunction<void()>& call);
  bool mustNotWait() const noexcept;

  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<ThreadCalls> threadCalls_;
  std::unique_ptr<ThreadPool> threadPool_;              // null on a driver without threads
  std::size_t inThreads_ = 0;                           // calls in threads that have not ended
  std::vector<UniqueFunction<void()>> posted_, ready_;  // for the next turn, for this one
  std::vector<Trigger> triggers_;
  TriggerId lastTrigger_ = 0;
  std::shared_ptr<Reactor*> weakHandle_;  // made when somebody asks for it
  std::shared_ptr<std::size_t> blockers_ = std::make_shared<std::size_t>(0);
  TurnEnd* firstEnd_ = nullptr;
  TurnEnd* lastEnd_ = nullptr;
  Resource* firstResource_ = nullptr;
  Resource* lastResource_ = nullptr;
  State state_ = State::kFresh;
  bool crashed_ = false;
  bool inTurn_ = false;
  bool abandoned_ = false;  // and not renewed
  std::uint32_t lives_ = 0;
};

}  // namespace teasel
