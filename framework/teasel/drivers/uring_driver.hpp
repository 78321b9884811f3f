#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/reactor/driver.hpp>

namespace teasel {

/// What the io_uring driver uses of newer kernels. Each can be switched on or off. The first driver
/// of a process that wants any of them probes what the kernel has and whether it does it right. The
/// driver works without all of them, as on Linux 6.0.
struct UringFeatures {
  /// Several receives share a large buffer one after the other. The buffers then take 512 KiB at
  /// most instead of 4 MiB, and stay in the processor's cache (Linux 6.12).
  bool incremental = true;
  /// A receive may fill several buffers at once (Linux 6.10).
  bool bundles = true;
  /// The first receive of a stream waits for bytes before it looks for them (Linux 5.19). Off
  /// unless asked for: kernels up to 6.18 at least then forget a reset that came right behind
  /// bytes, and the probe refuses them.
  bool pollFirst = false;
  /// Large writes to a TCP connection go out from where they are. The driver goes back to plain
  /// sends on a connection whose bytes the kernel copies after all, as it does on loopback (Linux
  /// 6.2).
  bool zeroCopy = true;
  /// The kernel finds the time limit of a wait in memory that it knows already (Linux 6.13).
  bool registeredWait = true;

  static constexpr UringFeatures none() noexcept { return {false, false, false, false, false}; }
  static constexpr UringFeatures all() noexcept { return {true, true, true, true, true}; }
  /// From a list like "bundles,poll-first". The names are incremental, bundles, poll-first,
  /// zero-copy and registered-wait. "all", "none" and "default" stand for several. A "-" before a
  /// name takes it away; a list that begins with that begins with the default. Throws UsageError,
  /// which has the known names, for another name.
  static UringFeatures fromText(std::string_view list);
  /// A list that fromText() reads: "all", "none", "default", or the names.
  std::string text() const;
  friend bool operator==(const UringFeatures&, const UringFeatures&) = default;
};

struct UringOptions {
  /// How many receive buffers of 16 KiB all streams share: a power of two, at most 32768. With
  /// incremental buffers it is their memory that is meant, and 512 KiB is the most.
  std::uint32_t buffers = 256;
  /// Whether the kernel works on completions only while the driver waits, which costs less. Kernels
  /// before 6.1 cannot do that and ignore it.
  bool deferTaskRun = true;
  /// What to use where this kernel has it. What is wanted and missing is logged, one line for each
  /// in a process.
  UringFeatures features = {};
  /// What must be there: where it is missing, makeUringDriver throws DriverUnavailable.
  UringFeatures required = UringFeatures::none();

  /// The options for a list of features. Those that it names are required; those that "all",
  /// "default" or a "-" brings in are not.
  static UringOptions forFeatures(std::string_view list);
};

/// What this kernel has of `wanted`, and does right. Sets `missing` to one line for each of the
/// others, which says why. It is probed once in a process, by a pattern of bytes.
UringFeatures uringFeaturesHere(const UringFeatures& wanted, std::string& missing);

/// The io_uring driver. It uses multishot accept and receive with a ring of provided buffers. It
/// makes one system call per poll, and one more per stream where many find no buffer. It needs
/// Linux 6.0 or later. It belongs to the thread that polls it first: a poll from another thread
/// throws UsageError.
///
/// Throws DriverUnavailable, which says why, when the kernel is too old, forbids io_uring or lacks
/// memory for it, and always in a build without liburing. Throws UsageError for a number of buffers
/// that is not allowed.
std::unique_ptr<Driver> makeUringDriver(const UringOptions& options = {});

}  // namespace teasel
