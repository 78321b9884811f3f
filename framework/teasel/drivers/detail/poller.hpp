#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <teasel/core/clock.hpp>

namespace teasel::detail {

/// The kernel's readiness mechanism, as a ReadinessDriver uses it. It is level-triggered: what is
/// ready and was not used is reported again. A descriptor is registered at most once.
class Poller {
 public:
  /// Bits of an interest, and of what is ready. The values are those of poll(2).
  using Bits = std::uint32_t;
  static constexpr Bits kRead = 0x1;
  static constexpr Bits kWrite = 0x4;
  /// An error is pending. Reported even if nobody asked for it.
  static constexpr Bits kError = 0x8;
  /// Both directions are over. Reported even if nobody asked for it.
  static constexpr Bits kHangUp = 0x10;
  /// Interest in errors and hang-ups only. It keeps the descriptor registered. A mechanism that
  /// cannot do that (select) treats it as no interest.
  static constexpr Bits kWatch = 0x8000;

  struct Ready {
    std::uint64_t key;  ///< that of change()
    Bits what;
  };

  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  /// The name of the driver that uses it.
  virtual std::string_view name() const noexcept = 0;
  /// Changes the interest in `descriptor` from `before` to `after`, which differ. A `before` of 0
  /// registers it, an `after` of 0 deregisters it. wait() reports it under `key`. Returns 0 or an
  /// errno value; after an error nothing has changed.
  virtual int change(int descriptor, std::uint64_t key, Bits before, Bits after) = 0;
  /// `descriptor` is about to be closed. It is registered for `interest`, which is not 0. It must
  /// never be reported again, even if another descriptor keeps its description open.
  virtual void forget(int descriptor, Bits interest) noexcept = 0;
  /// Waits until at least one descriptor is ready, but at most `maxWait`: 0 does not wait,
  /// Duration::max() waits without end. Returns early only after a signal. The result is valid
  /// until the next call of wait().
  virtual std::span<const Ready> wait(Duration maxWait) = 0;
};

// Each throws DriverUnavailable when the system has no such mechanism or the kernel refuses.
std::unique_ptr<Poller> makeEpollPoller();
std::unique_ptr<Poller> makePollPoller();
/// FD_SETSIZE does not limit it: its bitmaps grow with the highest descriptor.
std::unique_ptr<Poller> makeSelectPoller();

}  // namespace teasel::detail
