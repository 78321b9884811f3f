#pragma once

#include <cstdint>
#include <memory>

#include <teasel/reactor/driver.hpp>

namespace teasel {

struct UringOptions {
  /// How many receive buffers of 16 KiB all streams share: a power of two, at most 32768.
  std::uint32_t buffers = 256;
  /// Whether the kernel works on completions only while the driver waits, which costs less. Kernels
  /// before 6.1 cannot do that and ignore it.
  bool deferTaskRun = true;
};

/// The io_uring driver. It uses multishot accept and receive with a ring of provided buffers, and
/// makes one system call per poll. It needs Linux 6.0 or later. It belongs to the thread that polls
/// it first: a poll from another thread throws UsageError.
///
/// Throws DriverUnavailable, which says why, when the kernel is too old, forbids io_uring or lacks
/// memory for it, and always in a build without liburing. Throws UsageError for a number of buffers
/// that is not allowed.
std::unique_ptr<Driver> makeUringDriver(const UringOptions& options = {});

}  // namespace teasel
