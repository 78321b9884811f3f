#include <teasel/reactor/cooperator.hpp>

#include <algorithm>
#include <limits>
#include <list>
#include <string>
#include <vector>

#include <teasel/core/pass_through.hpp>
#include <teasel/reactor/detail/loss_watch.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {
namespace detail {

using TaskPointer = std::shared_ptr<CoopTask>;
using FunctionPointer = std::shared_ptr<UniqueFunction<Iteration()>>;
enum class End : std::uint8_t { kNone, kDone, kStopped, kFailed, kScheduler };

/// One task. The core keeps it in one of its two lists until the task has ended.
class CoopTask : public std::enable_shared_from_this<CoopTask> {
 public:
  /// What remains to do when a task has ended and everything is in order again: whom to tell, and
  /// what to destroy.
  struct Ended {
    std::vector<Deferred<void>> waiters;
    FunctionPointer function;
    Failure failure;
    void tell(Site site) {
      function = nullptr;
      for (const Deferred<void>& waiter : waiters) {
        if (waiter.called()) continue;
        if (failure) waiter.errback(failure, site);
        else waiter.callback(site);
      }
    }
  };
  CoopTask(UniqueFunction<Iteration()> work, Site where)
      : function(std::make_shared<UniqueFunction<Iteration()>>(std::move(work))), made(where) {}

  void requireUnfinished(const char* what, Site site) const;
  [[nodiscard]] Ended endWith(End how, Failure why, Site site);
  bool able() const noexcept { return pauses == 0 && !waiting; }
  Deferred<void> await(bool mine, Site site);
  void stop(Site site);
  void lost();

  // Shared with the Deferred that an iteration gave: it may belong to a coroutine in this function.
  FunctionPointer function;
  CoopCore* core = nullptr;
  std::list<TaskPointer>::iterator place;
  std::size_t pauses = 0;
  bool waiting = false;
  bool ready = false;  // the list that it is in
  End end = End::kNone;
  Failure failure;
  std::vector<Deferred<void>> waiters;
  // The failure that nobody has asked for so far. It reports itself when it dies.
  Deferred<void> unasked{nullptr};
  DelayedCall lossReport;
  const Site made;
  Site endedAt;
};

/// The state of a Cooperator. It is shared, because an iteration that destroys its Cooperator
/// returns into this object.
class CoopCore : public std::enable_shared_from_this<CoopCore> {
 public:
  CoopCore(Clock& time, std::size_t most, Driver* wall, Duration slice, bool begin)
      : clock(time), steps_(most), wall_(wall), slice_(slice), started_(begin) {}

  void add(const TaskPointer& task, Site site);
  void move(CoopTask& task);
  void end(CoopTask& task, End how, const Failure& why, Site site);
  void start();
  void stop(Site site);
  void abandon() noexcept;
  bool running() const noexcept { return started_ && !stopped_; }

  Clock& clock;

 private:
  void schedule();
  void tick();
  void iterate(CoopTask& task);
  void wait(CoopTask& task, Deferred<void>& result);
  std::vector<CoopTask::Ended> endAll(const Failure& why, Site site);

  std::list<TaskPointer> ready_, idle_;
  std::size_t steps_;
  Driver* wall_;  // tells the time of a slice in time; else null
  Duration slice_;
  DelayedCall next_;
  bool started_;
  bool stopped_ = false;
  bool abandoned_ = false;
};

void CoopTask::requireUnfinished(const char* what, Site site) const {
  if (end == End::kNone) return;
  const std::string task = std::string(what) + " at " + site.text() + ": the task made at " + made.text();
  switch (end) {
    case End::kDone: throw TaskDone(task + " is done");
    case End::kFailed: throw TaskFailed(task + " has failed: " + failure.text());
    case End::kStopped: throw TaskStopped(task + " was stopped at " + endedAt.text());
    default: throw SchedulerStopped(task + " ended with its Cooperator, at " + endedAt.text());
  }
}

CoopTask::Ended CoopTask::endWith(End how, Failure why, Site site) {
  end = how;
  failure = std::move(why);
  endedAt = site;
  waiting = false;
  core = nullptr;
  lossReport.cancelIfActive();
  if (how == End::kFailed && waiters.empty()) unasked = fail<void>(failure, made);
  return {std::exchange(waiters, {}), std::move(function), failure};
}

void CoopCore::add(const TaskPointer& task, Site site) {
  if (stopped_) {
    const Failure refused(SchedulerStopped("cooperate at " + site.text() + ": the Cooperator is stopped"), site);
    static_cast<void>(task->endWith(End::kScheduler, refused, site));
    task->unasked = fail<void>(refused, site);
    return;
  }
  task->core = this;
  task->ready = true;
  task->place = ready_.insert(ready_.end(), task);
  schedule();
}

/// Puts the task into the list to which it belongs now.
void CoopCore::move(CoopTask& task) {
  if (task.ready == task.able()) return;
  task.ready = task.able();
  std::list<TaskPointer>& to = task.ready ? ready_ : idle_;
  to.splice(to.end(), task.ready ? idle_ : ready_, task.place);
  schedule();
}

void CoopCore::end(CoopTask& task, End how, const Failure& why, Site site) {
  CoopTask::Ended ended = task.endWith(how, why, site);
  const TaskPointer last = *task.place;  // may be the last reference
  (task.ready ? ready_ : idle_).erase(task.place);
  schedule();
  ended.tell(site);
}

/// Asks for a turn if there is something to do, and takes the request back if there is not.
void CoopCore::schedule() {
  if (ready_.empty() || !running() || abandoned_) next_.cancelIfActive();
  else if (!next_.active()) next_ = clock.callLater(Duration::zero(), [this] { tick(); }, ready_.front()->made);
}

void CoopCore::start() {
  started_ = true;
  stopped_ = false;
  schedule();
}

std::vector<CoopTask::Ended> CoopCore::endAll(const Failure& why, Site site) {
  std::vector<CoopTask::Ended> ended;
  for (std::list<TaskPointer>* list : {&ready_, &idle_}) {
    for (const TaskPointer& task : *list) ended.push_back(task->endWith(End::kScheduler, why, site));
    list->clear();
  }
  return ended;
}

void CoopCore::stop(Site site) {
  stopped_ = true;
  const Failure why(SchedulerStopped("the Cooperator was stopped at " + site.text()), site);
  std::vector<CoopTask::Ended> ended = endAll(why, site);
  schedule();
  for (CoopTask::Ended& each : ended) each.tell(site);
}

void CoopCore::abandon() noexcept {
  abandoned_ = true;
  const std::vector<CoopTask::Ended> dropped = endAll(Failure(SchedulerStopped("the Cooperator is gone"), Site{}), Site{});
  schedule();
}

void CoopCore::tick() {
  const std::shared_ptr<CoopCore> alive = shared_from_this();
  const Instant start = wall_ == nullptr ? Instant{} : wall_->now();
  try {
    for (std::size_t done = 0; done < steps_ && !ready_.empty(); ++done) {
      if (done > 0 && wall_ != nullptr && wall_->now() - start >= slice_) break;
      const TaskPointer task = ready_.front();
      ready_.splice(ready_.end(), ready_, ready_.begin());
      iterate(*task);
    }
  } catch (...) {  // a verdict
    schedule();
    throw;
  }
  schedule();
}

void CoopCore::iterate(CoopTask& task) {
  const FunctionPointer function = task.function;  // the iteration may end its task
  Iteration given = Iteration::kMore;
  Failure failure;
  try {
    given = (*function)();
  } catch (...) {
    if (mustPassThrough()) throw;
    failure = Failure::current(task.made);
  }
  // It has ended its own task: nobody waits for what it gives, and nobody handles what it throws.
  if (task.end != End::kNone) {
    if (failure) fail<void>(failure, task.made);
  } else if (failure) {
    end(task, End::kFailed, failure, task.made);
  } else if (given.done()) {
    end(task, End::kDone, Failure(), task.made);
  } else if (given.waits()) {
    wait(task, given.wait());
  }
}

void CoopCore::wait(CoopTask& task, Deferred<void>& result) {
  if (result.hasResult()) {
    if (const Result<void> there = result.take(task.made); !there.ok()) end(task, End::kFailed, there.failure(), task.made);
    return;
  }
  const std::weak_ptr<CoopTask> waiter = task.weak_from_this();
  try {
    result.tapBoth(LossWatch([waiter, function = task.function] {
                     if (const TaskPointer live = waiter.lock()) live->lost();
                   }),
                   task.made);
  } catch (...) {  // the handle cannot be waited for
    return end(task, End::kFailed, Failure::current(task.made), task.made);
  }
  task.waiting = true;
  move(task);
  result.addBoth(
      [waiter](Result<void> came) -> Result<void> {
        const TaskPointer live = waiter.lock();
        // Nobody waits any more. A failure will be reported as unhandled.
        if (live == nullptr || !live->waiting) return came;
        live->waiting = false;
        if (came.ok()) live->core->move(*live);
        else live->core->end(*live, End::kFailed, came.failure(), live->made);
        return {};
      },
      task.made);
}

/// The Deferred that the task waits for has died. This is called from a destructor, so users are
/// told in the next turn.
void CoopTask::lost() {
  if (!waiting) return;
  lossReport = core->clock.callLater(
      Duration::zero(),
      [this] {
        const std::string what = "the Deferred that the task made at " + made.text() + " waited for died without a result";
        core->end(*this, End::kFailed, Failure(ResultLost(what), made), made);
      },
      made);
}

/// Makes a Deferred for one caller. When it is cancelled, it leaves the list.
Deferred<void> CoopTask::await(bool mine, Site site) {
  const Deferred<void> waiter(
      [task = weak_from_this(), mine](Deferred<void>& cancelled) {
        const TaskPointer live = task.lock();
        if (live == nullptr) return;
        std::erase_if(live->waiters, [&](const Deferred<void>& one) { return one.sameChain(cancelled); });
        if (mine && live->end == End::kNone) live->stop(cancelled.made());
      },
      site);
  waiters.push_back(waiter);
  return waiter;
}

void CoopTask::stop(Site site) {
  const std::string what = "the task made at " + made.text() + " was stopped at " + site.text();
  core->end(*this, End::kStopped, Failure(TaskStopped(what), site), site);
}

}  // namespace detail

Deferred<void> CooperativeTask::whenDone(Site site) const {
  if (task_->end == detail::End::kNone) return task_->await(false, site);
  if (task_->unasked.hasResult()) static_cast<void>(task_->unasked.take(site));
  return task_->failure ? fail<void>(task_->failure, site) : succeed(site);
}

void CooperativeTask::pause(Site site) const {
  task_->requireUnfinished("pause", site);
  ++task_->pauses;
  task_->core->move(*task_);
}

void CooperativeTask::resume(Site site) const {
  if (task_->pauses == 0)
    throw NotPaused("resume at " + site.text() + ": the task made at " + task_->made.text() + " is not paused");
  --task_->pauses;
  if (task_->end == detail::End::kNone) task_->core->move(*task_);
}

void CooperativeTask::stop(Site site) const {
  task_->requireUnfinished("stop", site);
  task_->stop(site);
}

bool CooperativeTask::finished() const noexcept { return task_->end != detail::End::kNone; }

Cooperator::Cooperator(Clock& clock, std::size_t slice, bool started, Site site)
    : core_(std::make_shared<detail::CoopCore>(clock, slice, nullptr, Duration::zero(), started)) {
  if (slice == 0) throw UsageError("Cooperator at " + site.text() + ": a slice of 0 iterations, at least 1 is needed");
}

Cooperator Cooperator::withTimeSlice(Reactor& reactor, Duration slice, bool started, Site site) {
  const std::string where = "Cooperator::withTimeSlice at " + site.text() + ": ";
  Driver& driver = reactor.driver();
  if (driver.simulated()) {
    throw NoWallClock(where + "the time of the driver " + std::string(driver.name()) +
                      " stands still within a turn; give the slice as a number of iterations");
  }
  if (slice < Duration::zero()) throw NegativeDelay(where + "a slice of " + durationText(slice));
  constexpr std::size_t kEndless = std::numeric_limits<std::size_t>::max();
  return Cooperator(std::make_shared<detail::CoopCore>(reactor, kEndless, &driver, slice, started));
}

Cooperator::~Cooperator() { core_->abandon(); }
void Cooperator::start() { core_->start(); }
void Cooperator::stop(Site site) { core_->stop(site); }
bool Cooperator::running() const noexcept { return core_->running(); }

CooperativeTask Cooperator::add(UniqueFunction<Iteration()> function, Site site) {
  auto task = std::make_shared<detail::CoopTask>(std::move(function), site);
  core_->add(task, site);
  return CooperativeTask(std::move(task));
}

Deferred<void> Cooperator::untilDone(const CooperativeTask& task, Site site) {
  return task.finished() ? task.whenDone(site) : task.task_->await(true, site);
}

}  // namespace teasel
