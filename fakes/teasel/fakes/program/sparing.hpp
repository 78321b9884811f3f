#pragma once

namespace teasel::fakes {

/// While one lives, dear checks may be left out in this thread: those that run an input again and
/// again, as the properties of props do. A campaign makes one around each run of an input. What the
/// run has done by the time of its first dear check decides whether the dear checks see the input
/// (docs/fuzzing.md).
///
/// A dear check asks first:
///
///     if (fakes::Sparing::leavesOut()) return true;  // nothing is known to be wrong
///
/// Checks that look at the run of the scenario itself are cheap, and must not ask.
class Sparing {
 public:
  Sparing() noexcept : outer_(now_) { now_ = this; }
  Sparing(const Sparing&) = delete;
  Sparing& operator=(const Sparing&) = delete;
  virtual ~Sparing() { now_ = outer_; }

  /// How many checks have asked since this was made.
  unsigned asked() const noexcept { return asked_; }
  /// Whether they were not left out.
  bool saw() const noexcept { return sees_; }
  /// Whether the check that asks is to be left out.
  static bool leavesOut() {
    if (now_ == nullptr) return false;
    if (++now_->asked_ == 1) now_->sees_ = now_->decides();
    return !now_->sees_;
  }

 protected:
  /// Called when the first check asks. Whether all that ask see the input; the others do not.
  virtual bool decides() { return false; }

 private:
  inline static thread_local Sparing* now_ = nullptr;
  Sparing* const outer_;
  unsigned asked_ = 0;
  bool sees_ = false;
};

}  // namespace teasel::fakes
