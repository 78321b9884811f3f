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

/// Something that has work for the closing phase of the current turn: a connection with output to
/// flush or an end to report. Intrusive, so that asking costs nothing; Reactor::atTurnEnd queues it
/// once.
class TurnEnd {
 public:
  /// Runs in the closing phase. It may ask for the closing phase again.
  virtual void endTurn() = 0;

 protected:
  TurnEnd() = default;
  ~TurnEnd();

 private:
  friend class Reactor;
  TurnEnd* next_ = nullptr;
  Reactor* queuedIn_ = nullptr;
};

/// Something that a reactor must end before it ends itself: a connection, a port, a connector.
/// Intrusive list in order of creation.
class Resource {
 public:
  /// Ends it, with what its users are to be told (connectionLost ...) at the latest in the next
  /// closing phase. Called by the shutdown of the reactor and by its destructor.
  virtual void shutDown() = 0;
  /// One line for reports: what it is and what it waits for.
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

/// The event loop: one per thread at a time, as many per process as you like, none of them global.
///
/// Turn rules - guarantees, each with a test that runs on every driver:
///  1. A turn starts when the wait returns: time is sampled once; I/O is dispatched; the thread
///     calls queued at entry run; due timers run; the closing phase ends it. A connection is
///     flushed at the end of its own dispatch; what others, timers or thread calls wrote to it is
///     flushed in the closing phase, which also reports connectionLost and repeats until nothing is
///     left (at most kClosingRounds times a turn). The loop never waits with output that was not
///     offered to the driver. Time stands still from the sample to the next wait.
///  2. No user callback (protocol, factory) runs inside any Transport or Reactor call, with one
///     exception: listenTCP calls startFactory, so that it can fail. connectionMade comes in a
///     later turn even if connect succeeds at once.
///  3. A protocol is never re-entered. connectionMade first, connectionLost exactly once and last.
///  4. Timers of equal time run in the order in which they were last set - created, reset or
///     delayed (Twisted promises nothing). cancel is effective within the same turn.
///  5. Work posted during a turn runs in the next turn; callLater(0) cannot starve I/O.
///  6. A connection is destroyed only in the closing phase.
///  7. Deferred callbacks run synchronously in callback(); nested additions run after the current
///     one.
///  8. Free, and therefore varied by the simulation: chunk cuts; how many deliveries a connection
///     gets in a turn and whether end of stream shares a turn with the last bytes; order among
///     ready connections; which reactor goes first at one instant; arrival against timer at one
///     instant; accept order; ports; short-write sizes; in which turn connectionLost follows
///     loseConnection; whether a paused connection notices a reset.
class Reactor final : public Clock {
 public:
  enum class Phase : std::uint8_t { kBefore, kDuring, kAfter };
  enum class Event : std::uint8_t { kStartup, kShutdown };
  using TriggerId = std::uint64_t;
  static constexpr int kClosingRounds = 1000;

  explicit Reactor(std::unique_ptr<Driver> driver);
  /// Ends every resource as shutdown would (connectionLost included), fires no triggers and drops
  /// all timers.
  ~Reactor() override;

  // The loop --------------------------------------------------------------------------------------
  /// startRunning, then turns until stop() or crash(), then shutdown. Throws ReactorAlreadyRunning
  /// inside run and ReactorNotRestartable after a run that was stopped.
  void run();
  /// Fires startup. For those who own the loop (a World does): then turn() until stopRequested(),
  /// then shutdown().
  void startRunning();
  /// Fires shutdown and ends every resource. `wait` makes progress while a trigger blocks; by
  /// default a turn that waits.
  void shutdown(UniqueFunction<void()> wait = nullptr);
  /// Between turns: now() shows the driver's time. For those who own the loop and a clock that
  /// moves without the reactor.
  void sampleNow() noexcept { setNow(driver_->now()); }
  bool stopRequested() const noexcept { return state_ == State::kStopping; }
  /// Ends run() after this turn: shutdown triggers run (those of phase `before` may take turns, see
  /// addBlocker), then every resource is ended. Throws ReactorNotRunning when it is not running or
  /// was stopped already, UsageError in another thread.
  void stop();
  /// Leaves run() after this turn without shutdown; run() may be called again.
  void crash();
  /// From the `during` phase of startup until the `during` phase of shutdown.
  bool running() const noexcept { return state_ == State::kRunning || state_ == State::kStopping; }
  /// One turn, waiting at most `maxWait`. Not from inside a turn (ReactorAlreadyRunning).
  void turn(Duration maxWait = Duration::zero());
  /// For those who reuse a reactor, as a World does between runs: as newly made, its clock sampled
  /// anew. Only if nothing is left in it - resource, timer, posted call, trigger; else false, and
  /// nothing changes.
  bool renew();
  /// When the next turn has something to do for sure: now (posted work, output), a timer's time, or
  /// kNever.
  Instant nextWork() const noexcept;

  // Work ------------------------------------------------------------------------------------------
  /// Runs `call` in the first turn of run(), or in the next turn if the reactor is running.
  void callWhenRunning(UniqueFunction<void()> call);
  /// From any thread: runs `call` in the reactor's thread, in a later turn, in order. The only
  /// thread-safe call. From other threads it is dropped, with what it captured, once the shutdown
  /// is over. UsageError for an empty one.
  void callFromThread(UniqueFunction<void()> call);
  /// Runs `work` in a thread of the reactor's pool. To be called in the reactor's thread, else
  /// UsageError. What it throws is logged there; a verdict (addPassThrough) leaves from there.
  /// Shutdown waits, still taking turns, for what has not ended; after that it throws
  /// ReactorNotRunning. Throws LimitExceeded when ThreadPool::kMaxQueued calls wait, UsageError on
  /// a driver without threads. See threads.hpp for calls with results.
  void callInThread(UniqueFunction<void()> work);
  /// The same, with `done` for the end: called in the reactor's thread, with what the work threw or
  /// with no failure.
  void callInThreadWithCallback(UniqueFunction<void(const Failure&)> done, UniqueFunction<void()> work);
  /// The pool: for its size, and for what blocks its threads. UsageError on a driver without
  /// threads.
  ThreadPool& getThreadPool() const;
  /// How many calls run at once at most (ThreadPool::adjustPoolsize).
  void suggestThreadPoolSize(std::size_t most);
  /// Throws UsageError in the reactor's own thread, where nothing may wait for the reactor. In a
  /// world, everything but what callInThread runs is that thread.
  void checkMayBlock() const;
  /// `trigger` runs in that phase of that event; in order of addition within a phase. An exception
  /// is logged.
  TriggerId addSystemEventTrigger(Phase phase, Event event, UniqueFunction<void()> trigger);
  /// False when it is unknown, has run or was removed.
  bool removeSystemEventTrigger(TriggerId id);
  /// For a trigger of phase `before`: the event does not go on before the returned function was
  /// called or destroyed (Twisted: a trigger that returns a Deferred); the loop and its timers keep
  /// running.
  UniqueFunction<void()> blockSystemEvent();

  // TCP (defined in protocol/) --------------------------------------------------------------------
  /// Accepts connections on `interface` (an IP literal, "" is 0.0.0.0) and `port` (0: the system
  /// chooses, see Port::getHost). Throws CannotListenError, InvalidAddressError.
  std::shared_ptr<Port> listenTCP(int port, std::shared_ptr<Factory> factory, int backlog = 50, std::string_view interface = {});
  /// Connects to `host` (literal or name) and tells `factory` how it went, never inside this call.
  /// `timeout` covers name resolution and connecting. Throws InvalidAddressError for an impossible
  /// port.
  std::shared_ptr<Connector> connectTCP(std::string host, int port, std::shared_ptr<ClientFactory> factory,
                                        Duration timeout = std::chrono::seconds(30), const Address& bindAddress = {});
  void installResolver(std::unique_ptr<Resolver> resolver);
  Resolver& resolver() const noexcept { return *resolver_; }

  // For transports --------------------------------------------------------------------------------
  Driver& driver() const noexcept { return *driver_; }
  /// Queues `work` for the closing phase of this turn (or of the next, between turns). Queueing it
  /// twice is once.
  void atTurnEnd(TurnEnd& work) noexcept;
  void addResource(Resource& resource) noexcept;
  /// For those who may outlive this reactor: points to it, and to null once it is gone. One thread.
  const std::shared_ptr<Reactor*>& weakHandle();
  /// One line per open resource, timer and posted call, in order of creation: what keeps this
  /// reactor busy.
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
  void fire(Event event, Phase phase);
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
  std::size_t inThreads_ = 0;                           // calls whose end has not been told here
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
};

}  // namespace teasel
