#pragma once

#include <cstdint>

#include <liburing.h>

/// What newer kernels have and liburing 2.3 does not name. The values are the kernel's; the names
/// are ours, because a newer liburing defines the kernel's names. Private to detail/posix.
namespace teasel::posix::kernel {

/// A flag of io_uring_buf_reg: receives take a part of a buffer, and the next one goes on there
/// (Linux 6.12).
constexpr std::uint16_t kIncrementalBuffers = 2;
/// A flag of a completion: its buffer is not used up. The kernel fills the rest of it.
constexpr std::uint32_t kBufferMore = 1U << 4;
/// Flags of sqe.ioprio for receives and sends.
constexpr std::uint16_t kPollFirst = 1U << 0;  // Linux 5.19
constexpr std::uint16_t kBundle = 1U << 4;     // Linux 6.10
/// A flag of sqe.ioprio for zero-copy sends: the notification says whether the bytes were copied
/// after all (Linux 6.2).
constexpr std::uint16_t kReportUsage = 1U << 3;
/// In the result of a notification: the bytes were copied.
constexpr std::uint32_t kWasCopied = 1U << 31;
/// A bit of io_uring_params.features: receive bundles.
constexpr std::uint32_t kHasBundles = 1U << 14;

/// A registered region with the arguments of waits (Linux 6.13).
constexpr unsigned kRegisterRegion = 34;      // an opcode of io_uring_register
constexpr std::uint64_t kRegionHasWaits = 1;  // a flag of MemoryRegion
// a flag of RegionDescription: our memory, not the kernel's
constexpr std::uint32_t kRegionIsOurs = 1;
// a flag of io_uring_enter: the argument is an offset into the region
constexpr unsigned kEnterRegistered = 1U << 6;
constexpr std::uint32_t kWaitHasTime = 1;  // a flag of RegisteredWait

struct RegionDescription {
  std::uint64_t address;
  std::uint64_t size;
  std::uint32_t flags;
  std::uint32_t id;
  std::uint64_t offset;
  std::uint64_t reserved[4];
};
struct MemoryRegion {
  std::uint64_t description;
  std::uint64_t flags;
  std::uint64_t reserved[2];
};
struct RegisteredWait {
  __kernel_timespec time;
  std::uint32_t minimum;
  std::uint32_t flags;
  std::uint64_t signals;
  std::uint32_t signalsSize;
  std::uint32_t reserved[3];
  std::uint64_t reservedToo[2];
};
static_assert(sizeof(RegionDescription) == 64 && sizeof(MemoryRegion) == 32 && sizeof(RegisteredWait) == 64);

}  // namespace teasel::posix::kernel
