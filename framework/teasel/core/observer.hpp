#pragma once

#include <cstdint>

#include <teasel/core/failure.hpp>

namespace teasel {

/// Hears of the objects of its thread: what a World, or a test's leak guard, wants to know. Each
/// thread has one; a World installs its own while it runs. Reports that destructors make come here
/// and never go into a trace directly, because compilers destroy in different orders. The functions
/// must not throw and must not call back into the object that reports.
class Observer {
 public:
  virtual ~Observer() = default;

  /// A Deferred chain was made. Returns its id: counted from 1 by this observer, so that ids are
  /// the same in each run.
  virtual std::uint64_t chainMade(Site site) { return static_cast<void>(site), 0; }
  /// A chain died. `unhandled` is the Failure that nobody took, else empty; `fired` says whether
  /// the chain had a result.
  virtual void chainDied(std::uint64_t id, Site made, bool fired, const Failure& unhandled) {
    static_cast<void>(id), static_cast<void>(made), static_cast<void>(fired), static_cast<void>(unhandled);
  }
  /// A protocol was made. Returns an id for protocolDied, as chainMade does.
  virtual std::uint64_t protocolMade() { return 0; }
  virtual void protocolDied(std::uint64_t id) { static_cast<void>(id); }
  /// User code threw out of the callback named `where`. The library has dealt with the exception.
  virtual void userException(const char* where, const Failure& failure) { static_cast<void>(where), static_cast<void>(failure); }

  /// This thread's observer, or null.
  static Observer* current() noexcept { return current_; }
  /// Installs an observer for this thread; the outer one is back when the Scope dies. Scopes nest.
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

}  // namespace teasel
