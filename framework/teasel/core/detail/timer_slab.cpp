#include <teasel/core/detail/timer_slab.hpp>

#include <utility>

#include <teasel/core/errors.hpp>

namespace teasel::detail {

std::uint32_t TimerSlab::takeFresh() {
  const auto slot = static_cast<std::uint32_t>(store_.size());
  if (slot >= kMaxTimers) throw LimitExceeded("timers of one clock", kMaxTimers, slot + std::size_t{1});
  if (slot == store_.capacity()) {
    store_.reserve(slot == 0 ? kBlock : 2 * std::size_t{slot});
    tickets_ = store_.data();
  }
  if (slot == blocks_.size() * kBlock) blocks_.push_back(std::make_unique_for_overwrite<Timer[]>(kBlock));
  store_.push_back({kNone, 0});
  return slot;
}

void TimerSlab::abandon() noexcept {
  queue_ = nullptr;
  while (free_ != kNone) free_ = std::exchange(tickets_[free_].life, 0);
  for (const TimerTicket& ticket : store_) orphans_ += ticket.life >= TimerTicket::kRef ? 1 : 0;
  if (orphans_ == 0) delete this;
}

void TimerTickets::giveOrphan() noexcept {
  auto* slab = static_cast<TimerSlab*>(this);
  if (--slab->orphans_ == 0) delete slab;
}

}  // namespace teasel::detail
