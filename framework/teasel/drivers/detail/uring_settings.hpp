#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/uring.hpp>
#include <teasel/drivers/detail/uring_probe.hpp>

namespace teasel::detail::uring {

constexpr std::uint32_t kBufferSize = 16384;
/// Incremental buffers: fewer and larger ones, which stay in a processor's cache.
constexpr std::uint32_t kIncrementalSize = 65536;
constexpr std::uint32_t kIncrementalBuffers = 8;

/// What the ring of a driver with these options is made of. Throws as makeUringDriver does.
inline posix::Uring::Settings settingsFor(const UringOptions& options) {
  const std::uint32_t buffers = options.buffers;
  if (!std::has_single_bit(buffers) || buffers > 32768)
    throw UsageError("io_uring: the number of buffers must be a power of two up to 32768, got " + std::to_string(buffers));
  const UringFeatures features = featuresToUse(options);
  if (!features.incremental) return {buffers, kBufferSize, options.deferTaskRun, features};
  const std::uint32_t large = std::clamp(buffers / (kIncrementalSize / kBufferSize), 1U, kIncrementalBuffers);
  return {large, kIncrementalSize, options.deferTaskRun, features};
}

}  // namespace teasel::detail::uring
