#pragma once

#include <atomic>

namespace teasel::posix {

/// How another thread ends a driver's wait: a descriptor that becomes readable (an eventfd, or a
/// pipe where there is none). Many wakes between two drains cost one system call.
class Wake {
 public:
  /// Throws DriverUnavailable when there is no descriptor left.
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  /// Readable from the first wake to the next drain.
  int descriptor() const noexcept { return ends_[0]; }
  /// Any thread, any time.
  void wake() noexcept;
  /// The driver's thread, once it has noticed.
  void drain() noexcept;

 private:
  int ends_[2] = {-1, -1};
  std::atomic<bool> raised_{false};
};

}  // namespace teasel::posix
