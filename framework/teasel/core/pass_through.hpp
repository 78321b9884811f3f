#pragma once

#include <typeinfo>

namespace teasel {

/// Exceptions that are verdicts of a test framework (RC_ASSERT, GoogleTest's throw_on_failure) must
/// fly through every guard that catches exceptions of user code: a swallowed one would report
/// success. An engine registers here a predicate that knows the type of its verdicts.
using PassThrough = bool (*)(const std::type_info& kind) noexcept;
/// Process-wide; call it before any reactor runs. The same predicate counts once. At most 8
/// predicates; one more aborts the program.
void addPassThrough(PassThrough predicate) noexcept;

namespace detail {

/// In a catch block: whether the exception being handled must be let through.
bool mustPassThrough() noexcept;

/// While one lives, verdicts of this thread are caught like any other exception: for destructors
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
}  // namespace teasel
