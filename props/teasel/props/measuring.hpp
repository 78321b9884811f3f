#pragma once

namespace teasel::props {

/// While one lives, properties make no runs of their own in this thread: only the run of the
/// scenario itself is left, and its time is that of the protocol. They return false, as after a
/// verdict, so a scenario ends behind the first of them. The command `bench` of scenario programs
/// makes one; they may be nested.
class Measuring {
 public:
  Measuring() noexcept : outer_(on_) { on_ = true; }
  Measuring(const Measuring&) = delete;
  Measuring& operator=(const Measuring&) = delete;
  ~Measuring() { on_ = outer_; }

  static bool on() noexcept { return on_; }

 private:
  inline static thread_local bool on_ = false;
  const bool outer_;
};

}  // namespace teasel::props
