#pragma once

#include <typeinfo>

namespace teasel {

/// Some exceptions are verdicts of a test framework (RC_ASSERT, GoogleTest's throw_on_failure).
/// They must fly through every guard that catches exceptions of user code, because a test whose
/// verdict is swallowed reports success. An engine registers a predicate that knows the types of
/// its verdicts.
using PassThrough = bool (*)(const std::type_info& kind) noexcept;
/// Registers for the whole process. Call it before any reactor runs. The same predicate counts
/// once. There may be 8 predicates; one more aborts the program.
void addPassThrough(PassThrough predicate) noexcept;

namespace detail {

/// In a catch block: whether the exception being handled must be let through.
bool mustPassThrough() noexcept;

/// While one lives, guards catch verdicts of this thread like any other exception. Destructors that
/// still run user code hold one, because nothing may fly out of them. Such a verdict is reported
/// and logged instead, which fails a test as well.
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
