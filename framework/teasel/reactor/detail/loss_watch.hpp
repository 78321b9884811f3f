#pragma once

#include <utility>

namespace teasel::detail {

/// Calls `lost` when a Deferred dies without a result. Whoever waits for the Deferred adds this
/// with tapBoth. `lost` is called from a destructor: it must not throw, and may do no more than ask
/// for a later turn.
template <class Lost>
class LossWatch {
 public:
  explicit LossWatch(Lost lost) : lost_(std::move(lost)) {}
  LossWatch(LossWatch&& other) noexcept : lost_(std::move(other.lost_)), watching_(std::exchange(other.watching_, false)) {}
  LossWatch& operator=(LossWatch&&) = delete;
  ~LossWatch() {
    if (watching_) lost_();
  }
  void operator()() noexcept { watching_ = false; }

 private:
  Lost lost_;
  bool watching_ = true;
};

}  // namespace teasel::detail
