#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <teasel/transport/transport.hpp>

namespace teasel::detail {

/// The producer registered with a Connection, and which call it is owed: the rules of
/// Transport::registerProducer as a function of what was written and what waits.
class Pacer {
 public:
  enum class Due : std::uint8_t { kNothing, kPause, kResume, kStop };

  const std::shared_ptr<Producer>& producer() const noexcept { return producer_; }
  bool any() const noexcept { return producer_ != nullptr; }
  bool pushes() const noexcept { return any() && streaming_; }
  bool paused() const noexcept { return paused_; }
  /// Writing tries to send at once when more than this is queued; kNever without a push producer.
  std::size_t sendAt() const noexcept { return sendAt_; }

  void set(std::shared_ptr<Producer> producer, bool streaming) noexcept {
    producer_ = std::move(producer);
    streaming_ = streaming;
    paused_ = stopping_ = false;
    resumedAt_ = kNotYet;
    sendAt_ = streaming ? high_ : kNever;
  }
  std::shared_ptr<Producer> take() noexcept {
    sendAt_ = kNever;
    return std::exchange(producer_, nullptr);
  }
  /// The end that comes does not wait for a push producer.
  void stopPush() noexcept { stopping_ = true; }
  void setMarks(std::size_t high, std::size_t low) noexcept {
    high_ = high, low_ = low;
    if (pushes()) sendAt_ = high;
  }

  /// `pending` bytes wait of the `written` that were ever written.
  Due due(std::size_t pending, std::uint64_t written) const noexcept {
    if (!any()) return Due::kNothing;
    if (!streaming_) {
      if (resumedAt_ == kNotYet) return Due::kResume;
      return pending == 0 && written != resumedAt_ ? Due::kResume : Due::kNothing;
    }
    if (stopping_) return Due::kStop;
    if (paused_) return pending <= low_ ? Due::kResume : Due::kNothing;
    return pending > high_ ? Due::kPause : Due::kNothing;
  }
  /// That call is about to be made.
  void calling(Due due, std::uint64_t written) noexcept {
    paused_ = due == Due::kPause;
    resumedAt_ = written;
  }

 private:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);
  static constexpr std::uint64_t kNotYet = static_cast<std::uint64_t>(-1);

  std::size_t sendAt_ = kNever;
  std::shared_ptr<Producer> producer_;
  std::size_t high_ = Transport::kDefaultHighWaterMark, low_ = Transport::kDefaultLowWaterMark;
  // a pull producer: what was written before it was last resumed
  std::uint64_t resumedAt_ = kNotYet;
  bool streaming_ = false;
  bool paused_ = false;
  bool stopping_ = false;
};

}  // namespace teasel::detail
