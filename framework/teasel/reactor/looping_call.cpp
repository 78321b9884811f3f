#include <teasel/reactor/looping_call.hpp>

#include <optional>
#include <string>

#include <teasel/core/check.hpp>
#include <teasel/reactor/detail/loss_watch.hpp>

namespace teasel {

/// The state of a LoopingCall. It is shared, because a body that destroys its LoopingCall returns
/// into this object.
class LoopingCall::Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(Clock& clock, Body body, bool counts, Site made)
      : clock_(clock), body_(std::make_shared<Body>(std::move(body))), counts_(counts), made_(made) {}

  Deferred<void> start(Duration interval, bool now, Site site);
  void stop(Site site);
  void reset(Site site);
  void setInterval(Duration interval, Site site);
  void abandon() noexcept;
  Duration interval() const noexcept { return interval_; }
  bool running() const noexcept { return running_; }

 private:
  void requireRunning(const char* what, Site site) const;
  void set();
  void call();
  void await();
  std::int64_t count();
  std::int64_t intervalOf(Instant time) const noexcept { return (time - start_) / interval_; }
  void cancelled();
  void lost();
  void ended(const Result<void>& result);

  Clock& clock_;
  // Shared with the Deferred that the body gave: it may belong to a coroutine in the body.
  std::shared_ptr<Body> body_;
  const bool counts_;
  bool running_ = false;
  bool inBody_ = false;  // the body runs, or the loop waits for its Deferred
  bool abandoned_ = false;
  bool callAtStart_ = false;
  const Site made_;
  Site startedAt_;
  Duration interval_{};
  Instant start_{};
  std::optional<Instant> last_;  // the last counted call
  // The next call. While the loop waits for the body's Deferred: the report that it died.
  DelayedCall timer_;
  Deferred<void> done_{nullptr};  // the Deferred of start
  // Waits for the Deferred that the body gave, and does not keep that.
  Deferred<void> given_{nullptr};
};

LoopingCall::LoopingCall(Clock& clock, Body body, bool counts, Site made)
    : loop_(std::make_shared<Loop>(clock, std::move(body), counts, made)) {}
LoopingCall::~LoopingCall() { loop_->abandon(); }
Deferred<void> LoopingCall::start(Duration interval, bool now, Site site) { return loop_->start(interval, now, site); }
void LoopingCall::stop(Site site) { loop_->stop(site); }
void LoopingCall::reset(Site site) { loop_->reset(site); }
void LoopingCall::setInterval(Duration interval, Site site) { loop_->setInterval(interval, site); }
Duration LoopingCall::interval() const noexcept { return loop_->interval(); }
bool LoopingCall::running() const noexcept { return loop_->running(); }

namespace {
void requireNotNegative(const char* what, Duration interval, Site site) {
  if (interval >= Duration::zero()) return;
  throw NegativeDelay(std::string(what) + " at " + site.text() + ": an interval of " + std::to_string(interval.count()) + " ns");
}
}  // namespace

void LoopingCall::Loop::requireRunning(const char* what, Site site) const {
  if (running_) return;
  throw LoopNotRunning(std::string(what) + " at " + site.text() + ": the LoopingCall made at " + made_.text() +
                       " is not running");
}

Deferred<void> LoopingCall::Loop::start(Duration interval, bool now, Site site) {
  if (running_ || inBody_) {
    throw LoopRunning("start at " + site.text() + ": the LoopingCall made at " + made_.text() + " was started at " +
                      startedAt_.text() + (running_ ? " and runs" : " and stopped, but its last call is not over"));
  }
  requireNotNegative("start", interval, site);
  const std::shared_ptr<Loop> alive = shared_from_this();
  const Deferred<void> done(
      [loop = weak_from_this()] {
        if (const std::shared_ptr<Loop> live = loop.lock()) live->cancelled();
      },
      site);
  done_ = done;
  running_ = true;
  startedAt_ = site;
  interval_ = interval;
  start_ = clock_.liveNow();
  last_.reset();
  callAtStart_ = now;
  if (now) call();
  else set();
  return done;
}

void LoopingCall::Loop::stop(Site site) {
  requireRunning("stop", site);
  running_ = false;
  if (inBody_) return;
  timer_.cancelIfActive();
  std::exchange(done_, Deferred<void>(nullptr)).callback(site);
}

void LoopingCall::Loop::reset(Site site) {
  requireRunning("reset", site);
  start_ = clock_.liveNow();
  if (!inBody_) set();
}

void LoopingCall::Loop::setInterval(Duration interval, Site site) {
  requireNotNegative("setInterval", interval, site);
  interval_ = interval;
  if (running_ && !inBody_) set();
}

void LoopingCall::Loop::abandon() noexcept {
  abandoned_ = true;
  running_ = false;
  timer_.cancelIfActive();
  done_ = nullptr;
}

/// Sets the next call, for the next multiple of the interval that lies in the future. The time that
/// the body has taken has passed already.
void LoopingCall::Loop::set() {
  timer_.cancelIfActive();
  const Instant now = clock_.liveNow();
  const Duration after = interval_ == Duration::zero() ? interval_ : interval_ - (now - start_) % interval_;
  timer_ = clock_.callAt(after > kNever - now ? kNever : now + after, [this] { call(); }, startedAt_);
}

std::int64_t LoopingCall::Loop::count() {
  if (!counts_) return 1;
  const Instant now = clock_.liveNow();
  std::int64_t count = 1;
  if (interval_ > Duration::zero()) {
    count = intervalOf(now) - (last_ ? intervalOf(*last_) : callAtStart_ ? -1 : 0);
    TEASEL_CHECK(count > 0);
  }
  last_ = now;
  return count;
}

void LoopingCall::Loop::call() {
  const std::shared_ptr<Loop> alive = shared_from_this();
  inBody_ = true;
  struct Verdict {  // when one flies through, the loop waits for nothing and sets no call
    Loop* loop;
    ~Verdict() {
      if (loop != nullptr) loop->inBody_ = loop->running_ = false;
    }
  } verdict{this};
  given_ = succeed(startedAt_);
  given_.addCallback(
      [this] {
        Deferred<void> given = (*body_)(count());
        if (!given.hasResult()) {
          given.tapBoth(detail::LossWatch([loop = weak_from_this(), body = body_] {
            if (const std::shared_ptr<Loop> live = loop.lock()) live->lost();
          }));
        }
        return given;
      },
      startedAt_);
  verdict.loop = nullptr;
  if (given_.hasResult()) return ended(std::exchange(given_, Deferred<void>(nullptr)).take());
  if (abandoned_) return void(given_ = nullptr);
  given_.addBoth(
      [loop = weak_from_this()](Result<void> result) -> Result<void> {
        const std::shared_ptr<Loop> live = loop.lock();
        if (live == nullptr) return result;  // a failure will be reported as unhandled
        live->ended(result);
        return {};
      },
      startedAt_);
  if (done_.called()) cancelled();  // cancelled while the body ran
}

/// The call is over.
void LoopingCall::Loop::ended(const Result<void>& result) {
  timer_.cancelIfActive();
  given_ = nullptr;
  inBody_ = false;
  if (result.ok() && running_) return set();
  running_ = false;
  const Deferred<void> done = std::exchange(done_, Deferred<void>(nullptr));
  const bool told = !done.called() && !abandoned_;
  if (told && result.ok()) return done.callback(startedAt_);
  if (told) return done.errback(result.failure(), startedAt_);
  // The loop was cancelled or destroyed. Nobody else would learn of this failure. It is not
  // reported if the cancellation has led to it.
  if (!result.ok() && result.failure().check<CancelledError>() == nullptr) fail<void>(result.failure(), startedAt_);
}

/// The Deferred of start is being cancelled.
void LoopingCall::Loop::cancelled() {
  running_ = false;
  if (!inBody_) timer_.cancelIfActive();
  else if (given_.waiting()) Deferred<void>(given_).cancel(startedAt_);
}

/// The Deferred that the loop waits for has died. This is called from a destructor, so users are
/// told in the next turn.
void LoopingCall::Loop::lost() {
  if (!inBody_ || abandoned_) return;
  timer_ = clock_.callLater(
      Duration::zero(),
      [this] {
        ended(Failure(
            ResultLost("the Deferred that a LoopingCall waited for, started at " + startedAt_.text() + ", died without a result"),
            startedAt_));
      },
      startedAt_);
}

}  // namespace teasel
