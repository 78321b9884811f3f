#include <teasel/reactor/reactor.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include <teasel/core/check.hpp>
#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/core/pass_through.hpp>
#include <teasel/reactor/literal_resolver.hpp>
#include <teasel/reactor/thread_pool.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("reactor");

/// Sets a flag for a scope, exceptions included.
class Flag {
 public:
  explicit Flag(bool& flag) noexcept : flag_(flag) { flag_ = true; }
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  ~Flag() { flag_ = false; }

 private:
  bool& flag_;
};
}  // namespace

/// The calls from other threads that wait for the loop's thread.
class ThreadCalls {
 public:
  /// Returns false and leaves the call with the caller when nobody will make it any more.
  bool push(UniqueFunction<void()>& call) {
    const std::lock_guard lock(mutex_);
    // In this order: either this sees that it is closed, or close() sees that a call is coming.
    any_.store(true);
    if (closed_.load()) {
      any_.store(!calls_.empty());
      return false;
    }
    calls_.push_back(std::move(call));
    return true;
  }
  void open() noexcept { closed_.store(false, std::memory_order_relaxed); }
  /// Refuses calls from now on and drops those that wait. It takes the lock only if there are any:
  /// a simulated host is closed in each run.
  void close() {
    closed_.store(true);
    if (any_.load()) take().clear();
  }
  bool any() const noexcept { return any_.load(std::memory_order_acquire); }
  std::vector<UniqueFunction<void()>> take() {
    const std::lock_guard lock(mutex_);
    any_.store(false, std::memory_order_relaxed);
    return std::exchange(calls_, {});
  }
  std::atomic<std::thread::id> loop{std::this_thread::get_id()};

 private:
  std::mutex mutex_;
  std::vector<UniqueFunction<void()>> calls_;
  std::atomic<bool> any_{false}, closed_{false};
};

TurnEnd::~TurnEnd() {
  if (queuedIn_ == nullptr) return;
  TurnEnd* previous = nullptr;
  for (TurnEnd* work = queuedIn_->firstEnd_; work != nullptr; previous = work, work = work->next_) {
    if (work != this) continue;
    (previous == nullptr ? queuedIn_->firstEnd_ : previous->next_) = next_;
    if (queuedIn_->lastEnd_ == this) queuedIn_->lastEnd_ = previous;
    return;
  }
}

void Resource::unlink() noexcept {
  if (owner_ == nullptr) return;
  (previous_ == nullptr ? owner_->firstResource_ : previous_->following_) = following_;
  (following_ == nullptr ? owner_->lastResource_ : following_->previous_) = previous_;
  owner_ = nullptr;
  previous_ = following_ = nullptr;
}

std::unique_ptr<ThreadPool> Driver::makeThreadPool() { return nullptr; }
std::unique_ptr<Resolver> Driver::makeResolver(Reactor& /*reactor*/) { return nullptr; }
ListenFDs Driver::listenFDs() { return ListenFDs("the driver " + std::string(name()) + " has no descriptors"); }
bool Driver::takeInherited(int /*fd*/, bool /*closes*/) { return true; }
void Driver::giveBackInherited(int /*fd*/) noexcept {}

Slot* Driver::adoptPort(int fd, Acceptor& /*acceptor*/, Failure& why) {
  why = Failure(UsageError("descriptor " + std::to_string(fd) + " cannot be adopted: the driver " + std::string(name()) +
                           " has no descriptors"));
  return nullptr;
}

Slot* Driver::adoptStream(int fd, StreamSink& /*sink*/, Failure& why) {
  why = Failure(UsageError("descriptor " + std::to_string(fd) + " cannot be adopted: the driver " + std::string(name()) +
                           " has no descriptors"));
  return nullptr;
}

Reactor::Reactor(std::unique_ptr<Driver> driver)
    : driver_(std::move(driver)), threadCalls_(std::make_unique<ThreadCalls>()), threadPool_(driver_->makeThreadPool()) {
  resolver_ = driver_->makeResolver(*this);
  if (resolver_ == nullptr) resolver_ = std::make_unique<LiteralResolver>(*this);
  setLive(true);
}

Reactor::~Reactor() {
  const detail::NoPassThrough last;
  abandonThreads();
  timers_.clear();
  shutDownResources();
  if (weakHandle_ != nullptr) *weakHandle_ = nullptr;
  // What calls captured that never ran may still use the reactor while it is destroyed.
  posted_.clear();
  ready_.clear();
  triggers_.clear();
  threadCalls_->take().clear();
  {
    std::vector<std::shared_ptr<void>> questions;
    resolver_->abandon(questions);
  }
  // What did not end in spite of shutDown must not use this reactor later.
  for (; firstEnd_ != nullptr; firstEnd_ = firstEnd_->next_) firstEnd_->queuedIn_ = nullptr;
  while (firstResource_ != nullptr) firstResource_->unlink();
}

void Reactor::run() {
  startRunning();
  while (state_ == State::kRunning && !crashed_) turn(Duration::max());
  if (crashed_) {
    crashed_ = false;
    state_ = State::kFresh;
    return;
  }
  shutdown();
}

void Reactor::startRunning() {
  if (state_ == State::kStopped) throw ReactorNotRestartable("this reactor has run and was stopped; make a new one");
  if (state_ != State::kFresh) throw ReactorAlreadyRunning("run() inside run()");
  state_ = State::kStarting;
  threadCalls_->loop = std::this_thread::get_id();
  fire(Event::kStartup, Phase::kBefore);
  UniqueFunction<void()> wait = [this] { turn(Duration::max()); };
  waitForBlockers(wait);
  state_ = State::kRunning;
  fire(Event::kStartup, Phase::kDuring);
  fire(Event::kStartup, Phase::kAfter);
}

void Reactor::shutdown(UniqueFunction<void()> wait) {
  if (!wait) wait = [this] { turn(Duration::max()); };
  fire(Event::kShutdown, Phase::kBefore);
  waitForBlockers(wait);
  state_ = State::kStopped;
  fire(Event::kShutdown, Phase::kDuring);
  waitForThreads(wait);
  shutDownResources();
  fire(Event::kShutdown, Phase::kAfter);
  // Threads that wait for a call are told that it will not be made, now and later.
  threadCalls_->close();
}

void Reactor::stop() {
  requireOwnThread("stop()");
  if (state_ != State::kRunning) throw ReactorNotRunning("stop() of a reactor that is not running, or was stopped already");
  state_ = State::kStopping;
}

void Reactor::crash() {
  requireOwnThread("crash()");
  if (!running()) throw ReactorNotRunning("crash() of a reactor that is not running");
  crashed_ = true;
}

bool Reactor::renew() {
  if (inTurn_ || firstResource_ != nullptr || firstEnd_ != nullptr || !timers_.empty() || !posted_.empty() ||
      !triggers_.empty() || threadCalls_->any() || *blockers_ > 0 || inThreads_ > 0 || resolver_->openQuestions() > 0)
    return false;
  state_ = State::kFresh;
  crashed_ = false;
  abandoned_ = false;
  threadCalls_->open();
  ready_.clear();
  return true;
}

void Reactor::abandon(std::vector<std::shared_ptr<void>>& remains) {
  abandoned_ = true;
  ++lives_;
  while (firstResource_ != nullptr) {
    Resource& resource = *firstResource_;
    resource.unlink();
    resource.abandon(remains);
  }
  while (firstEnd_ != nullptr) {
    TurnEnd& work = *firstEnd_;
    firstEnd_ = work.next_;
    work.next_ = nullptr;
    work.queuedIn_ = nullptr;
  }
  lastEnd_ = nullptr;
  resolver_->abandon(remains);
  // A call that runs just now may lie in ready_. The vector moves, and its elements stay where
  // they are.
  for (std::vector<UniqueFunction<void()>>* calls : {&posted_, &ready_})
    if (!calls->empty()) remains.push_back(std::make_shared<std::vector<UniqueFunction<void()>>>(std::exchange(*calls, {})));
  if (!timers_.empty()) {
    const auto calls = std::make_shared<std::vector<UniqueFunction<void()>>>();
    timers_.abandon(*calls);
    remains.push_back(calls);
  }
  if (!triggers_.empty()) remains.push_back(std::make_shared<std::vector<Trigger>>(std::exchange(triggers_, {})));
  if (threadCalls_->any()) remains.push_back(std::make_shared<std::vector<UniqueFunction<void()>>>(threadCalls_->take()));
  if (weakHandle_ != nullptr) *weakHandle_ = nullptr;
  weakHandle_ = nullptr;
  blockers_ = std::make_shared<std::size_t>(0);
  inThreads_ = 0;
}

bool Reactor::mustNotWait() const noexcept {
  return !posted_.empty() || firstEnd_ != nullptr || threadCalls_->any() || (state_ == State::kStopping && *blockers_ == 0) ||
         crashed_;
}

void Reactor::turn(Duration maxWait) {
  if (inTurn_) throw ReactorAlreadyRunning("turn() inside a turn of the same reactor");
  const Flag inTurn(inTurn_);
  if (firstEnd_ != nullptr) runClosing();  // written between turns: offered before the wait
  if (maxWait <= Duration::zero() || mustNotWait()) maxWait = Duration::zero();
  else if (!timers_.empty()) maxWait = std::min(maxWait, std::max(Duration::zero(), timers_.next() - driver_->now()));
  const std::uint64_t mark = timers_.mark();
  if (!posted_.empty()) ready_.swap(posted_);
  struct Sampled {  // now() stands still from poll, which takes the sample, to the end of the turn
    Reactor& reactor;
    explicit Sampled(Reactor& r) noexcept : reactor(r) { reactor.setLive(false); }
    Sampled(const Sampled&) = delete;
    Sampled& operator=(const Sampled&) = delete;
    ~Sampled() { reactor.setLive(true); }
  } const sampled(*this);
  driver_->poll(maxWait, sample());
  if (!ready_.empty() || threadCalls_->any()) runPosted();
  if (timers_.next() <= now())
    for (UniqueFunction<void()> call = timers_.takeDue(now(), mark); call; call = timers_.takeDue(now(), mark))
      runUser("a timer", call);
  if (firstEnd_ != nullptr) runClosing();
}

Instant Reactor::nextWork() const noexcept { return mustNotWait() ? now() : timers_.next(); }

void Reactor::runPosted() {
  // By index: if a verdict passes through, the rest is left for the next turn.
  for (std::size_t i = 0; i < ready_.size(); ++i) runUser("a posted call", ready_[i]);
  ready_.clear();
  if (!threadCalls_->any()) return;
  for (UniqueFunction<void()>& call : threadCalls_->take()) runUser("a call from a thread", call);
}

void Reactor::runClosing() {
  for (int round = 0; firstEnd_ != nullptr && !abandoned_ && round < kClosingRounds; ++round) {
    // A round takes what is queued now. What that queues waits for the next round.
    for (TurnEnd* last = lastEnd_; firstEnd_ != nullptr && !abandoned_;) {
      TurnEnd* work = firstEnd_;
      firstEnd_ = work->next_;
      if (firstEnd_ == nullptr) lastEnd_ = nullptr;
      work->next_ = nullptr;
      work->queuedIn_ = nullptr;
      work->endTurn();  // may destroy it
      if (work == last) break;
    }
  }
}

void Reactor::atTurnEnd(TurnEnd& work) noexcept {
  if (work.queuedIn_ != nullptr) return;
  work.queuedIn_ = this;
  (lastEnd_ == nullptr ? firstEnd_ : lastEnd_->next_) = &work;
  lastEnd_ = &work;
}

const std::shared_ptr<Reactor*>& Reactor::weakHandle() {
  if (weakHandle_ == nullptr) weakHandle_ = std::make_shared<Reactor*>(this);
  return weakHandle_;
}

void Reactor::addResource(Resource& resource) noexcept {
  resource.owner_ = this;
  resource.previous_ = lastResource_;
  (lastResource_ == nullptr ? firstResource_ : lastResource_->following_) = &resource;
  lastResource_ = &resource;
}

void Reactor::shutDownResources() {
  // What a connectionLost opens anew is shut down as well. The number of rounds is limited as in
  // the closing phase.
  for (int round = 0; firstResource_ != nullptr && round < kClosingRounds; ++round) {
    if (firstResource_ == lastResource_) {
      firstResource_->shutDown();
      runClosing();
      continue;
    }
    std::vector<Resource*> open;
    for (Resource* resource = firstResource_; resource != nullptr; resource = resource->following_) open.push_back(resource);
    for (Resource* resource : open) {
      const auto stillOpen = [&] {
        for (Resource* other = firstResource_; other != nullptr; other = other->following_)
          if (other == resource) return true;
        return false;
      };
      if (resource == firstResource_ || stillOpen()) resource->shutDown();
    }
    runClosing();
  }
}

void Reactor::runUser(const char* what, UniqueFunction<void()>& call) {
  Failure failure;
  if (!guarded(what, failure, call)) kLog.failure(std::string("exception out of ") + what, failure);
  call.reset();
}

void Reactor::callFromThread(UniqueFunction<void()> call) {
  if (!call) throw UsageError("callFromThread of an empty function");
  if (std::this_thread::get_id() == threadCalls_->loop.load(std::memory_order_relaxed)) {
    posted_.push_back(std::move(call));
    return;
  }
  if (threadCalls_->push(call)) driver_->wake();
}

void Reactor::callInThread(UniqueFunction<void()> work) {
  callInThreadWithCallback(
      [this](const Failure& failure) {
        if (!failure) return;
        UniqueFunction<void()> again = [&failure] { failure.raise(); };
        runUser("a call in a thread", again);
      },
      std::move(work));
}

void Reactor::callInThreadWithCallback(UniqueFunction<void(const Failure&)> done, UniqueFunction<void()> work) {
  ThreadPool& pool = getThreadPool();
  requireOwnThread("callInThread");
  if (!work || !done) throw UsageError("callInThread of an empty function");
  if (state_ == State::kStopped) throw ReactorNotRunning("callInThread after the reactor's shutdown");
  pool.start([this, work = std::move(work), done = std::move(done)]() mutable {
    Failure failure;
    bool verdict = false;  // is raised again in the reactor's thread, and leaves the turn
    try {
      work();
    } catch (...) {
      verdict = detail::mustPassThrough();
      failure = Failure::current(Site{});
    }
    work.reset();
    callFromThread([this, verdict, failure = std::move(failure), done = std::move(done)]() mutable {
      --inThreads_;
      if (verdict) failure.raise();
      done(failure);
    });
  });
  ++inThreads_;
}

ThreadPool& Reactor::getThreadPool() const {
  if (threadPool_ == nullptr) throw UsageError("the driver " + std::string(driver_->name()) + " has no threads");
  return *threadPool_;
}

void Reactor::suggestThreadPoolSize(std::size_t most) { getThreadPool().adjustPoolsize(most); }

bool Reactor::inOwnThread() const noexcept {
  if (driver_->simulated()) return threadPool_ == nullptr || !threadPool_->insideCall();
  return std::this_thread::get_id() == threadCalls_->loop.load(std::memory_order_relaxed);
}

void Reactor::requireOwnThread(const char* call) const {
  if (inOwnThread()) return;
  throw UsageError(std::string(call) + " in another thread than the reactor's: hand it over with callFromThread");
}

void Reactor::checkMayBlock() const {
  if (inOwnThread()) throw UsageError("blockingCallFromThread in the reactor's own thread would wait for itself");
}

/// Threads may still want something from the reactor, so it takes turns until the last call in a
/// thread has ended.
void Reactor::waitForThreads(UniqueFunction<void()>& wait) {
  while (inThreads_ > 0) wait();
}

/// For a reactor that is destroyed without shutdown. A thread that waits for a call is told that it
/// will not be made.
void Reactor::abandonThreads() {
  if (threadPool_ == nullptr) return;
  while (!threadPool_->stop(std::chrono::milliseconds(1))) threadCalls_->take().clear();
  threadCalls_->take().clear();
}

void Reactor::callWhenRunning(UniqueFunction<void()> call) {
  if (running()) posted_.push_back(std::move(call));
  else addSystemEventTrigger(Phase::kAfter, Event::kStartup, std::move(call));
}

Reactor::TriggerId Reactor::addSystemEventTrigger(Phase phase, Event event, UniqueFunction<void()> trigger) {
  triggers_.push_back({++lastTrigger_, phase, event, std::move(trigger)});
  return lastTrigger_;
}

bool Reactor::removeSystemEventTrigger(TriggerId id) {
  return std::erase_if(triggers_, [id](const Trigger& trigger) { return trigger.id == id; }) > 0;
}

void Reactor::fireTriggers(Event event, Phase phase) {
  // Each trigger runs once. A trigger that is added while the phase runs, runs in it.
  while (!triggers_.empty()) {
    const auto next = std::find_if(triggers_.begin(), triggers_.end(),
                                   [&](const Trigger& trigger) { return trigger.event == event && trigger.phase == phase; });
    if (next == triggers_.end()) return;
    UniqueFunction<void()> call = std::move(next->call);
    triggers_.erase(next);
    runUser("a system event trigger", call);
  }
}

UniqueFunction<void()> Reactor::blockSystemEvent() {
  struct Block {
    explicit Block(std::shared_ptr<std::size_t> count) noexcept : blockers(std::move(count)) { ++*blockers; }
    Block(Block&&) noexcept = default;
    Block& operator=(Block&&) = delete;
    ~Block() { release(); }
    void operator()() { release(); }
    void release() noexcept {
      if (blockers != nullptr) --*blockers;
      blockers = nullptr;
    }
    std::shared_ptr<std::size_t> blockers;
  };
  return Block(blockers_);
}

void Reactor::waitForBlockers(UniqueFunction<void()>& wait) {
  while (*blockers_ > 0) wait();
}

void Reactor::installResolver(std::unique_ptr<Resolver> resolver) {
  if (resolver == nullptr) throw UsageError("installResolver needs a resolver");
  resolver_->handOver(*resolver);
  resolver_ = std::move(resolver);
}

std::vector<std::string> Reactor::describeOpen() const {
  std::vector<std::string> lines;
  for (const Resource* resource = firstResource_; resource != nullptr; resource = resource->following_)
    lines.push_back(resource->describe());
  for (const PendingCall& timer : timers_.pending())
    lines.push_back("timer made at " + timer.site.text() + ", due in " + durationText(timer.at - liveNow()));
  if (!posted_.empty()) lines.push_back(std::to_string(posted_.size()) + " posted call(s)");
  if (resolver_->openQuestions() > 0) lines.push_back(std::to_string(resolver_->openQuestions()) + " name(s) being looked up");
  if (inThreads_ > 0) lines.push_back(std::to_string(inThreads_) + " call(s) in threads");
  return lines;
}

std::size_t Reactor::openResources() const noexcept {
  std::size_t count = 0;
  for (const Resource* resource = firstResource_; resource != nullptr; resource = resource->following_) ++count;
  return count;
}

}  // namespace teasel
