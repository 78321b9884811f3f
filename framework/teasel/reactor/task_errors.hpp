#pragma once

#include <stdexcept>
#include <string>

#include <teasel/core/errors.hpp>

/// The errors of LoopingCall, Cooperator and react.

namespace teasel {

/// Something waited for a Deferred that died without a result. Whoever had promised the result has
/// forgotten it.
class ResultLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// start() was called on a LoopingCall that runs, or whose last run still waits for the body's
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

/// A Cooperator or one of its tasks is not in the state that a call needs. The base of the
/// following errors. Calls that come too late throw them, and those who wait for a task get them as
/// Failures.
class SchedulerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The Cooperator was stopped or destroyed.
class SchedulerStopped : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// The task has ended, in one of the three following ways.
class TaskFinished : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// The task has ended by itself.
class TaskDone : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// stop() has ended the task.
class TaskStopped : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// An exception, or a Deferred that failed, has ended the task. Those who wait for the task get
/// that error itself.
class TaskFailed : public TaskFinished {
 public:
  using TaskFinished::TaskFinished;
};
/// resume() was called on a task that is not paused.
class NotPaused : public SchedulerError {
 public:
  using SchedulerError::SchedulerError;
};
/// withTimeSlice was called with a driver whose time stands still within a turn.
class NoWallClock : public UsageError {
 public:
  using UsageError::UsageError;
};

/// The main function of react fails with this to choose the exit code. It is not an error: nothing
/// is logged.
class SystemExit : public std::runtime_error {
 public:
  explicit SystemExit(int code) : std::runtime_error("exit with code " + std::to_string(code)), code_(code) {}
  int code() const noexcept { return code_; }

 private:
  int code_;
};

}  // namespace teasel
