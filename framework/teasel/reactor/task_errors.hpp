#pragma once

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>

/// The errors of LoopingCall, Cooperator and react.

namespace teasel {

/// Something waited for a Deferred that died without a result: whoever had promised the result
/// forgot it.
class ResultLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// start() of a LoopingCall that runs, or whose last run still waits for its body's Deferred.
/// what() names both places.
class LoopRunning : public UsageError {
 public:
  using UsageError::UsageError;
};
/// stop() or reset() of a LoopingCall that does not run.
class LoopNotRunning : public UsageError {
 public:
  using UsageError::UsageError;
};

/// A Cooperator or one of its tasks is not in the state that was asked of it; the base of the
/// following. Thrown by calls that come too late, and given as Failures to those who wait for a
/// task.
class SchedulerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The Cooperator was stopped, or is gone.
class SchedulerStopped : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// The task has ended, in one of the following ways.
class TaskFinished : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// By itself.
class TaskDone : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// By stop().
class TaskStopped : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// By an exception, or by a Deferred that failed. (Those who wait get the error itself.)
class TaskFailed : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// resume() of a task that is not paused.
class NotPaused : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// A slice in time was asked for on a driver whose time stands still within a turn.
class NoWallClock : public UsageError {
 public:
  using UsageError::UsageError;
};

/// What react's main fails with in order to choose the exit code. It is no error: nothing is
/// logged.
class SystemExit : public std::runtime_error {
 public:
  explicit SystemExit(int code) : std::runtime_error("exit with code " + std::to_string(code)), code_(code) {}
  int code() const noexcept { return code_; }

 private:
  int code_;
};

}  // namespace teasel
