#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <teasel/transport/transport.hpp>

namespace teasel::detail {

/// Keeps the producer that is registered with a Connection and decides which call it is owed. These
/// are the rules of Transport::registerProducer, as a function of what was written and what waits.
class Pacer {
 public:
  enum class Due : std::uint8_t { kNothing, kPause, kResume, kStop };

  const std::shared_ptr<Producer>& producer() const noexcept { return producer_; }
  bool any() const noexcept { return producer_ != nullptr; }
  bool pushes() const noexcept { return any() && streaming_; }
  bool paused() const noexcept { return paused_; }
  /// When more bytes than this are queued, write tries to send at once. kNever without a push
  /// producer.
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
  /// A push producer is stopped next: the end does not wait for it.
  void stopPush() noexcept { stopping_ = true; }
  void setMarks(std::size_t high, std::size_t low) noexcept {
    high_ = high, low_ = low;
    if (pushes()) sendAt_ = high;
  }

  /// The call that is owed now. `written` bytes were written so far; `pending` of them wait.
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
  /// The call `due` is about to be made.
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
  // a pull producer: how much was written when it was last resumed
  std::uint64_t resumedAt_ = kNotYet;
  bool streaming_ = false;
  bool paused_ = false;
  bool stopping_ = false;
};

}  // namespace teasel::detail
