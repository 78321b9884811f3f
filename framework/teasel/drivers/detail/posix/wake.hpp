#pragma once

#include <atomic>

namespace teasel::posix {

/// Lets another thread end a driver's wait: a descriptor becomes readable. It is an eventfd, or a
/// pipe on a system without eventfd. Many wakes between two drains cost one system call.
class Wake {
 public:
  /// Throws DriverUnavailable when no descriptor is left.
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  /// It is readable from the first wake() to the next drain().
  int descriptor() const noexcept { return ends_[0]; }
  /// Any thread may call it at any time.
  void wake() noexcept;
  /// The driver's thread calls it when the descriptor is readable. It never blocks.
  void drain() noexcept;

 private:
  int ends_[2] = {-1, -1};
  std::atomic<bool> raised_{false};
};

}  // namespace teasel::posix
