#pragma once

#include <cstdint>
#include <typeinfo>

#include <teasel/core/failure.hpp>

namespace teasel {

/// What a world, or a test's leak guard, wants to hear of the objects of its thread. Per thread; a
/// World installs one while it runs. What destructors trigger comes here and never into a trace
/// directly: compilers destroy in different orders. Calls must not throw and must not call back
/// into what reports.
class Observer {
 public:
  virtual ~Observer() = default;

  /// A Deferred chain was made. Returns its id: counted from 1 by this observer, so that ids repeat
  /// in each run.
  virtual std::uint64_t chainMade(Site site) { return static_cast<void>(site), 0; }
  /// A chain died. `unhandled` is the Failure that nobody took, else empty; `fired` says whether it
  /// had a result.
  virtual void chainDied(std::uint64_t id, Site made, bool fired, const Failure& unhandled) {
    static_cast<void>(id), static_cast<void>(made), static_cast<void>(fired), static_cast<void>(unhandled);
  }
  /// A protocol was made. Returns an id for protocolDied, as chainMade does.
  virtual std::uint64_t protocolMade() { return 0; }
  virtual void protocolDied(std::uint64_t id) { static_cast<void>(id); }
  /// User code threw out of a callback; the library has already dealt with it (`where` names the
  /// callback).
  virtual void userException(const char* where, const Failure& failure) { static_cast<void>(where), static_cast<void>(failure); }

  /// This thread's observer, or null.
  static Observer* current() noexcept { return current_; }
  /// Installs an observer for this thread until it dies. Scopes nest.
  class Scope {
   public:
    explicit Scope(Observer* observer) noexcept : outer_(current_) { current_ = observer; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { current_ = outer_; }

   private:
    Observer* outer_;
  };

 private:
  static thread_local constinit Observer* current_;
};

/// Exceptions that are verdicts of a test framework (RC_ASSERT, GoogleTest's throw_on_failure) must
/// fly through every guard that catches exceptions of user code: a swallowed one would report
/// success. Engines register here how to tell them; at most 8 predicates, process-wide, before any
/// reactor runs.
using PassThrough = bool (*)(const std::type_info& kind) noexcept;
void addPassThrough(PassThrough predicate) noexcept;

namespace detail {
/// In a catch block: whether the exception being handled must be let through.
bool mustPassThrough() noexcept;

/// While one lives, verdict exceptions of this thread are caught like any others: for destructors
/// that still run user code, out of which nothing may fly. They are reported and logged instead,
/// which fails a test as well.
class NoPassThrough {
 public:
  NoPassThrough() noexcept { ++depth_; }
  NoPassThrough(const NoPassThrough&) = delete;
  NoPassThrough& operator=(const NoPassThrough&) = delete;
  ~NoPassThrough() { --depth_; }
  static bool active() noexcept { return depth_ > 0; }

 private:
  static thread_local constinit unsigned depth_;
};
}  // namespace detail

/// Runs user code. False and `failure` set when it threw; verdict exceptions pass through. Reported
/// to the Observer under the name `where` (the callback's).
template <class F>
bool guarded(const char* where, Failure& failure, F&& userCode) {
  try {
    userCode();
    return true;
  } catch (...) {
    if (detail::mustPassThrough()) throw;
    failure = Failure::current(Site{});
    if (Observer* observer = Observer::current()) observer->userException(where, failure);
    return false;
  }
}

}  // namespace teasel
