#pragma once

namespace teasel::fakes {

/// While one lives, dear checks are left out in this thread: those that run an input again and
/// again, as the properties of props do. A campaign makes one around the first run of an input.
/// What that run does decides whether the dear checks see the input, too (docs/fuzzing.md).
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
  ~Sparing() { now_ = outer_; }

  /// How many checks have been left out since this was made.
  unsigned leftOut() const noexcept { return leftOut_; }
  /// Whether the check that asks is to be left out.
  static bool leavesOut() noexcept { return now_ != nullptr && ++now_->leftOut_ > 0; }

 private:
  inline static thread_local Sparing* now_ = nullptr;
  Sparing* const outer_;
  unsigned leftOut_ = 0;
};

}  // namespace teasel::fakes
