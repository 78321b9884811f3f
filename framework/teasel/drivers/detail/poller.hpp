#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <teasel/core/clock.hpp>

namespace teasel::detail {

/// The kernel's readiness mechanism under a ReadinessDriver: level-triggered, one descriptor
/// registered once.
class Poller {
 public:
  /// Bits of an interest and of what is ready; the values are poll(2)'s.
  using Bits = std::uint32_t;
  static constexpr Bits kRead = 0x1;
  static constexpr Bits kWrite = 0x4;
  static constexpr Bits kError = 0x8;  ///< reported without being asked for
  /// both directions are over; reported without being asked for
  static constexpr Bits kHangUp = 0x10;
  /// Interest in errors alone: keeps the descriptor registered. A mechanism that cannot (select)
  /// takes it for none.
  static constexpr Bits kWatch = 0x8000;

  struct Ready {
    std::uint64_t key;
    Bits what;
  };

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  virtual std::string_view name() const noexcept = 0;
  /// Changes what `descriptor` is watched for; 0 registers and deregisters. Returns 0 or an errno
  /// value.
  virtual int change(int descriptor, std::uint64_t key, Bits before, Bits after) = 0;
  /// `descriptor`, watched for `interest`, is about to be closed.
  virtual void forget(int descriptor, Bits interest) noexcept = 0;
  /// Waits at most `maxWait` (0: not at all; Duration::max(): without end) for at least one
  /// descriptor. Never returns early except with something ready or after a signal. Valid until the
  /// next call.
  virtual std::span<const Ready> wait(Duration maxWait) = 0;
};

/// Each throws DriverUnavailable when the kernel refuses.
std::unique_ptr<Poller> makeEpollPoller();
std::unique_ptr<Poller> makePollPoller();
/// Not bound to FD_SETSIZE: its bitmaps grow with the highest descriptor.
std::unique_ptr<Poller> makeSelectPoller();

}  // namespace teasel::detail
