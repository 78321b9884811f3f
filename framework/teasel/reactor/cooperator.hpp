#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/reactor/iteration.hpp>
#include <teasel/reactor/task_errors.hpp>

namespace teasel {

class Reactor;

namespace detail {
class CoopTask;
class CoopCore;

/// Makes its TaskGenerator in the first call, when it has reached its place, and outlives them.
template <class F>
class GeneratorOf {
 public:
  explicit GeneratorOf(F make) : make_(std::move(make)) {}
  Iteration operator()() {
    if (!generator_) generator_.emplace(make_());
    return (*generator_)();
  }

 private:
  F make_;
  std::optional<TaskGenerator> generator_;
};
}  // namespace detail

/// A handle to something that a Cooperator works on; copyable. The task goes on without any handle,
/// and a handle may outlive task and Cooperator.
class CooperativeTask {
 public:
  // moves copy: no handle is ever empty
  CooperativeTask(const CooperativeTask&) noexcept = default;
  CooperativeTask& operator=(const CooperativeTask&) noexcept = default;

  /// Fires when the task has ended: done, or with the error that ended it, TaskStopped or
  /// SchedulerStopped. A new Deferred in each call; cancelling one does not touch the task. An
  /// error that nobody ever asked for is reported as unhandled when the task is forgotten.
  Deferred<void> whenDone(Site site = Site::here()) const;
  /// No step until resume was called as often. Throws what says how the task ended, if it has:
  /// TaskDone, TaskStopped, TaskFailed, SchedulerStopped.
  void pause(Site site = Site::here()) const;
  /// Takes one pause back. Throws NotPaused without one: waiting for a Deferred is no pause.
  void resume(Site site = Site::here()) const;
  /// Ends it: no further step, and whenDone fails with TaskStopped. A Deferred that it waits for is
  /// left alone. Throws like pause.
  void stop(Site site = Site::here()) const;
  bool finished() const noexcept;

 private:
  friend class Cooperator;
  explicit CooperativeTask(std::shared_ptr<detail::CoopTask> task) noexcept : task_(std::move(task)) {}
  std::shared_ptr<detail::CoopTask> task_;
};

/// Shares a thread among pieces of work that are cut into steps (twisted.internet.task.Cooperator):
/// in each turn up to a slice of steps, one of each task in rotation, so that long work does not
/// hold up I/O.
///
/// A task waits while it is paused, and while a Deferred that a step gave has no result; one that
/// dies without a result ends it with ResultLost. TaskGenerator may do everything to their task, to others,
/// and to the Cooperator, destroying it included.
///
/// The slice is a number of steps, so that a run repeats itself; withTimeSlice makes one for
/// programs on real drivers. When the Cooperator dies, tasks end where they are, and the Deferreds
/// of those who wait stay unfired: stop() tells them. `clock` must outlive it. One thread; none of
/// them is global.
class Cooperator {
 public:
  static constexpr std::size_t kSlice = 100;

  /// `slice` steps in a turn, at least 1 (else UsageError). Not `started`, it collects tasks until
  /// start().
  explicit Cooperator(Clock& clock, std::size_t slice = kSlice, bool started = true, Site site = Site::here());
  /// As many steps in a turn as fit into `slice` of the driver's time, at least one. Throws
  /// NoWallClock where that time stands still within a turn, in a simulated world; NegativeDelay.
  static Cooperator withTimeSlice(Reactor& reactor, Duration slice, bool started = true, Site site = Site::here());
  Cooperator(const Cooperator&) = delete;
  Cooperator& operator=(const Cooperator&) = delete;
  ~Cooperator();

  /// Begins to work on a task, from the next turn on. After stop() the task has ended at once, with
  /// SchedulerStopped.
  template <TaskFunction F>
  CooperativeTask cooperate(F steps, Site site = Site::here()) {
    if constexpr (std::is_same_v<std::invoke_result_t<F&>, TaskGenerator>)
      return add(UniqueFunction<Iteration()>(detail::GeneratorOf<F>(std::move(steps))), site);
    else return add(UniqueFunction<Iteration()>(std::move(steps)), site);
  }
  /// The same, for who only wants to know when it has ended. Cancelling it stops the task.
  template <TaskFunction F>
  Deferred<void> coiterate(F steps, Site site = Site::here()) {
    return untilDone(cooperate(std::move(steps), site), site);
  }

  /// Begins, or begins again after stop().
  void start();
  /// Ends all tasks, those that are paused or wait included: whenDone fails with SchedulerStopped.
  /// Refuses new ones until start().
  void stop(Site site = Site::here());
  bool running() const noexcept;

 private:
  explicit Cooperator(std::shared_ptr<detail::CoopCore> core) noexcept : core_(std::move(core)) {}
  CooperativeTask add(UniqueFunction<Iteration()> steps, Site site);
  static Deferred<void> untilDone(const CooperativeTask& task, Site site);
  std::shared_ptr<detail::CoopCore> core_;
};

}  // namespace teasel
