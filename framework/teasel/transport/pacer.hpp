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

  const std::shared_ptr<Producer>& producer() const noexcept {
    static const std::shared_ptr<Producer> kNone;
    return any() ? state_->producer : kNone;
  }
  bool any() const noexcept { return state_ != nullptr && state_->producer != nullptr; }
  bool pushes() const noexcept { return any() && state_->streaming; }
  bool paused() const noexcept { return state_ != nullptr && state_->paused; }
  /// When more bytes than this are queued, write tries to send at once. kNever without a push
  /// producer.
  std::size_t sendAt() const noexcept { return sendAt_; }

  void set(std::shared_ptr<Producer> producer, bool streaming) {
    State& state = made();
    state.producer = std::move(producer);
    state.streaming = streaming;
    state.paused = state.stopping = false;
    state.resumedAt = kNotYet;
    sendAt_ = streaming ? state.high : kNever;
  }
  std::shared_ptr<Producer> take() noexcept {
    sendAt_ = kNever;
    return state_ == nullptr ? nullptr : std::exchange(state_->producer, nullptr);
  }
  /// A push producer is stopped next: the end does not wait for it.
  void stopPush() noexcept {
    if (state_ != nullptr) state_->stopping = true;
  }
  void setMarks(std::size_t high, std::size_t low) {
    State& state = made();
    state.high = high, state.low = low;
    if (pushes()) sendAt_ = high;
  }

  /// The call that is owed now. `written` bytes were written so far; `pending` of them wait.
  Due due(std::size_t pending, std::uint64_t written) const noexcept {
    if (!any()) return Due::kNothing;
    const State& state = *state_;
    if (!state.streaming) {
      if (state.resumedAt == kNotYet) return Due::kResume;
      return pending == 0 && written != state.resumedAt ? Due::kResume : Due::kNothing;
    }
    if (state.stopping) return Due::kStop;
    if (state.paused) return pending <= state.low ? Due::kResume : Due::kNothing;
    return pending > state.high ? Due::kPause : Due::kNothing;
  }
  /// The call `due` is about to be made.
  void calling(Due due, std::uint64_t written) {
    made().paused = due == Due::kPause;
    made().resumedAt = written;
  }

 private:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);
  static constexpr std::uint64_t kNotYet = static_cast<std::uint64_t>(-1);

  /// Apart, because few connections have a producer or marks of their own.
  struct State {
    std::shared_ptr<Producer> producer;
    std::size_t high = Transport::kDefaultHighWaterMark, low = Transport::kDefaultLowWaterMark;
    // a pull producer: how much was written when it was last resumed
    std::uint64_t resumedAt = kNotYet;
    bool streaming = false;
    bool paused = false;
    bool stopping = false;
  };
  State& made() {
    if (state_ == nullptr) state_ = std::make_unique<State>();
    return *state_;
  }

  std::size_t sendAt_ = kNever;
  std::unique_ptr<State> state_;
};

}  // namespace teasel::detail
