#pragma once

#include <cstdint>
#include <memory>

#include <teasel/reactor/driver.hpp>

namespace teasel {

struct UringOptions {
  std::uint32_t buffers = 256;  ///< of 16 KiB, shared by all streams; a power of two, at most 32768
  /// completions are worked on when the driver waits, where the kernel can (6.1)
  bool deferTaskRun = true;
};

/// The io_uring driver: multishot accept and receive with a ring of provided buffers; one system
/// call a poll. Needs Linux 6.0. It belongs to the thread that polls it first. Throws
/// DriverUnavailable, saying why, where the kernel is too old, forbids io_uring or lacks memory for
/// it, and always in a build without liburing.
std::unique_ptr<Driver> makeUringDriver(const UringOptions& options = {});

}  // namespace teasel
