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

/// Makes the generator in the first call, because the function must have reached its place by then.
/// The function outlives the generator, whose body may use its captures.
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

/// A handle to a task of a Cooperator (twisted.internet.task.CooperativeTask). It can be copied.
/// The task goes on without any handle, and a handle may outlive the task and the Cooperator.
class CooperativeTask {
 public:
  // There is no move: no handle is ever empty.
  CooperativeTask(const CooperativeTask&) noexcept = default;
  CooperativeTask& operator=(const CooperativeTask&) noexcept = default;

  /// Fires when the task is done. Fails with the error that ended it, with TaskStopped or with
  /// SchedulerStopped. Each call gives a new Deferred; cancelling it does not touch the task. An
  /// error that nobody has asked for is reported as unhandled when the task is forgotten.
  Deferred<void> whenDone(Site site = Site::here()) const;
  /// Stops iterations until resume was called as often as pause. When the task has ended, throws
  /// the error that says how: TaskDone, TaskStopped, TaskFailed or SchedulerStopped.
  void pause(Site site = Site::here()) const;
  /// Takes one pause back. Throws NotPaused when there is none. Waiting for a Deferred is not a
  /// pause.
  void resume(Site site = Site::here()) const;
  /// Ends the task: there is no further iteration, and whenDone fails with TaskStopped. A Deferred
  /// that the task waits for is not cancelled. Throws what pause throws.
  void stop(Site site = Site::here()) const;
  bool finished() const noexcept;

 private:
  friend class Cooperator;
  explicit CooperativeTask(std::shared_ptr<detail::CoopTask> task) noexcept : task_(std::move(task)) {}
  std::shared_ptr<detail::CoopTask> task_;
};

/// Shares a thread among tasks, which do their work in iterations
/// (twisted.internet.task.Cooperator). In each turn it runs a slice of iterations, one of each task
/// in rotation. So long work does not hold up I/O.
///
/// A task waits while it is paused, and while a Deferred that an iteration gave has no result. A
/// Deferred that dies without a result ends the task with ResultLost. An iteration may do anything
/// to its own task, to other tasks, and to the Cooperator. It may even destroy the Cooperator.
///
/// The slice is a number of iterations, so that a run repeats itself. withTimeSlice makes a
/// Cooperator for programs on real drivers, whose slice is a time. When the Cooperator dies, its
/// tasks end where they are. The Deferreds of those who wait then stay unfired; stop() fires them.
/// `clock` must outlive the Cooperator. One thread only. No Cooperator is global.
class Cooperator {
 public:
  static constexpr std::size_t kSlice = 100;

  /// Runs `slice` iterations in a turn; 0 throws UsageError. With `started` false it only collects
  /// tasks until start().
  explicit Cooperator(Clock& clock, std::size_t slice = kSlice, bool started = true, Site site = Site::here());
  /// Runs as many iterations in a turn as fit into `slice` of the driver's time, at least one.
  /// Throws NoWallClock in a simulated world, where that time stands still within a turn. Throws
  /// NegativeDelay for a `slice` below 0.
  static Cooperator withTimeSlice(Reactor& reactor, Duration slice, bool started = true, Site site = Site::here());
  Cooperator(const Cooperator&) = delete;
  Cooperator& operator=(const Cooperator&) = delete;
  ~Cooperator();

  /// Adds a task. Its first iteration runs in the next turn or later, never in this call. After
  /// stop() the task ends at once, with SchedulerStopped.
  template <TaskFunction F>
  CooperativeTask cooperate(F function, Site site = Site::here()) {
    if constexpr (std::is_same_v<std::invoke_result_t<F&>, TaskGenerator>)
      return add(UniqueFunction<Iteration()>(detail::GeneratorOf<F>(std::move(function))), site);
    else return add(UniqueFunction<Iteration()>(std::move(function)), site);
  }
  /// The same, for callers that only want to know when the task has ended. Cancelling the Deferred
  /// stops the task.
  template <TaskFunction F>
  Deferred<void> coiterate(F function, Site site = Site::here()) {
    return untilDone(cooperate(std::move(function), site), site);
  }

  /// Starts the work, also after stop().
  void start();
  /// Ends all tasks, also those that are paused or wait: whenDone fails with SchedulerStopped. New
  /// tasks are refused until start().
  void stop(Site site = Site::here());
  bool running() const noexcept;

 private:
  explicit Cooperator(std::shared_ptr<detail::CoopCore> core) noexcept : core_(std::move(core)) {}
  CooperativeTask add(UniqueFunction<Iteration()> function, Site site);
  static Deferred<void> untilDone(const CooperativeTask& task, Site site);
  std::shared_ptr<detail::CoopCore> core_;
};

}  // namespace teasel
