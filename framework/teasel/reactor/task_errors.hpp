#pragma once

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>

/// The errors of LoopingCall, Cooperator and react.

namespace teasel {

/// Something waited for a Deferred that died without a result: whoever had promised the result
/// dropped the Deferred.
class ResultLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// start() was called on a LoopingCall that runs, or whose last run still waits for its body's
/// Deferred. what() names both places.
class LoopRunning : public UsageError {
 public:
  using UsageError::UsageError;
};
/// stop() or reset() was called on a LoopingCall that does not run.
class LoopNotRunning : public UsageError {
 public:
  using UsageError::UsageError;
};

/// A Cooperator or one of its tasks is not in the state that a call needs. This is the base of the
/// following errors. Calls that come too late throw them, and those who wait for a task get them as
/// Failures.
class SchedulerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The Cooperator was stopped, or is gone.
class SchedulerStopped : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// The task has ended. Which way is said by one of the following types.
class TaskFinished : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// The task has ended by itself.
class TaskDone : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// The task was ended by stop().
class TaskStopped : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// The task has ended by an exception or by a Deferred that failed. (Those who wait for the task
/// get the error itself.)
class TaskFailed : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// resume() was called on a task that is not paused.
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
