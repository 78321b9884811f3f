#include <teasel/core/clock.hpp>

#include <string>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {

namespace {
constexpr std::size_t kArity = 4;

Instant later(Instant now, Duration after) { return after > kNever - now ? kNever : now + after; }
}  // namespace

void DelayedCall::refuse(const char* what) const {
  const std::string where = timer_ == nullptr ? " of an empty DelayedCall" : " of a call made at " + timer_->site.text();
  if (timer_ != nullptr && timer_->order == detail::Timer::kCancelled)
    throw AlreadyCancelled(what + where + ": it was cancelled already");
  throw AlreadyCalled(what + where + ": it was called already");
}

bool DelayedCall::cancelIfActive() noexcept {
  if (!active()) return false;
  timer_->queue->drop(timer_);
  return true;
}

void DelayedCall::reset(Duration after, Site site) {
  requireActive("reset");
  if (after < Duration::zero()) {
    throw NegativeDelay("reset(" + std::to_string(after.count()) + " ns) at " + site.text() + " of a call made at " +
                        timer_->site.text());
  }
  timer_->queue->setAgain(*timer_, later(timer_->queue->now(), after));
}

void DelayedCall::delay(Duration more) {
  requireActive("delay");
  const Instant now = timer_->queue->now();
  const Instant at = more < Duration::zero() ? timer_->at + more : later(timer_->at, more);
  timer_->queue->setAgain(*timer_, at < now ? now : at);
}

void TimerQueue::clear() noexcept {
  // A destroyed capture may cancel other calls of this queue: take them one at a time.
  while (!heap_.empty()) {
    const Entry last = heap_.back();
    heap_.pop_back();
    detail::Timer& timer = *last.timer;
    if (last.dead()) {
      --dead_;
    } else {
      --live_;
      timer.order = detail::Timer::kCancelled;
      timer.call.reset();
    }
    DelayedCall::unref(&timer);
  }
}

DelayedCall TimerQueue::add(Instant at, UniqueFunction<void()>&& call, Site site) {
  const std::uint64_t order = nextOrder_++;
  detail::Timer* timer = detail::poolNew<detail::Timer>(this, order, std::move(call), 0u, at, site);
  DelayedCall handle(timer);
  push(at, order, timer);
  ++live_;
  return handle;
}

void TimerQueue::push(Instant at, std::uint64_t order, detail::Timer* timer) {
  heap_.emplace_back(at, order, timer);
  ++timer->refs;
  std::size_t place = heap_.size() - 1;
  for (; place > 0; place = (place - 1) / kArity) {
    const Entry& parent = heap_[(place - 1) / kArity];
    if (!parent.after(at, order)) break;
    heap_[place] = parent;
  }
  heap_[place].at = at;
  heap_[place].order = order;
  heap_[place].timer = timer;
}

/// Takes the top off the heap, with its reference.
void TimerQueue::pop() noexcept {
  detail::Timer* const timer = heap_.front().timer;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) {
    // The gap sinks all the way, then the last one rises into it: it came from the bottom and seldom rises far.
    std::size_t place = 0;
    for (std::size_t child = least(0); child != 0; child = least(place)) {
      heap_[place] = heap_[child];
      place = child;
    }
    for (; place > 0 && last.before(heap_[(place - 1) / kArity]); place = (place - 1) / kArity)
      heap_[place] = heap_[(place - 1) / kArity];
    heap_[place] = last;
  }
  DelayedCall::unref(timer);
}

/// The place of the earliest child; 0 if there is none.
std::size_t TimerQueue::least(std::size_t place) const noexcept {
  const std::size_t first = place * kArity + 1, size = heap_.size();
  if (first >= size) return 0;
  std::size_t least = first;
  const std::size_t end = first + kArity < size ? first + kArity : size;
  for (std::size_t child = first + 1; child < end; ++child) least = heap_[child].before(heap_[least]) ? child : least;
  return least;
}

void TimerQueue::siftDown(std::size_t place, const Entry& moved) noexcept {
  const Entry entry = moved;
  for (std::size_t child = least(place); child != 0 && heap_[child].before(entry); child = least(place)) {
    heap_[place] = heap_[child];
    place = child;
  }
  heap_[place] = entry;
}

/// An entry of `timer` has died. Kept short: the fewer instructions, the more cancelled timers come from memory at a time.
inline void TimerQueue::entryDied(const detail::Timer* timer) noexcept {
  if (++dead_ > 3 * live_ + kDeadKept || heap_.front().timer == timer) [[unlikely]]
    tidy();
}

[[gnu::noinline]] void TimerQueue::tidy() noexcept {
  dropDeadTops();
  if (dead_ > 3 * live_ + kDeadKept) sweep();
}

void TimerQueue::dropDeadTops() noexcept {
  for (; dead_ != 0 && heap_.front().dead(); --dead_) pop();
}

/// Drops every dead entry.
void TimerQueue::sweep() noexcept {
  constexpr std::size_t kAhead = 16;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < heap_.size(); ++i) {
    if (i + kAhead < heap_.size()) __builtin_prefetch(heap_[i + kAhead].timer, 1);
    if (heap_[i].dead()) DelayedCall::unref(heap_[i].timer);
    else heap_[kept++] = heap_[i];
  }
  heap_.resize(kept);
  for (std::size_t place = kept / kArity + 1; place-- > 0;)
    if (place < kept) siftDown(place, heap_[place]);
  dead_ = 0;
}

void TimerQueue::setAgain(detail::Timer& timer, Instant at) {
  const std::uint64_t order = nextOrder_++;
  push(at, order, &timer);
  timer.at = at;
  timer.order = order;
  entryDied(&timer);
}

void TimerQueue::drop(detail::Timer* timer) noexcept {
  timer->order = detail::Timer::kCancelled;
  --live_;
  if (!timer->call.trivial()) return dropCapture(timer);
  entryDied(timer);
}

/// What the call captured may own every handle, the one that cancels included, and the queue itself.
[[gnu::noinline]] void TimerQueue::dropCapture(detail::Timer* timer) noexcept {
  ++timer->refs;
  entryDied(timer);
  timer->call.reset();
  DelayedCall::unref(timer);
}

UniqueFunction<void()> TimerQueue::takeDue(Instant now, std::uint64_t mark) {
  if (heap_.empty() || heap_.front().at > now || heap_.front().order >= mark) return {};
  detail::Timer& timer = *heap_.front().timer;
  UniqueFunction<void()> call = std::move(timer.call);
  timer.order = detail::Timer::kCalled;
  --live_;
  pop();
  dropDeadTops();
  return call;
}

std::vector<TimerQueue::Pending> TimerQueue::pending() const {
  std::vector<Pending> out;
  for (const Entry& entry : heap_)
    if (!entry.dead()) out.push_back({entry.timer->at, entry.timer->site});
  return out;
}

DelayedCall Clock::callLater(Duration after, UniqueFunction<void()> call, Site site) {
  if (after < Duration::zero()) throw NegativeDelay("callLater(" + std::to_string(after.count()) + " ns) at " + site.text());
  if (!call) throw UsageError("callLater at " + site.text() + ": an empty function");
  return timers_.add(later(now(), after), std::move(call), site);
}

}  // namespace teasel
