#include <teasel/core/clock.hpp>

#include <string>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/sanitizers.hpp>

namespace teasel {

namespace {
constexpr std::size_t kSpareTimers = 4096;
constexpr std::uint32_t kArity = 4;

Instant later(Instant now, Duration after) { return after > kNever - now ? kNever : now + after; }
}  // namespace

DelayedCall::~DelayedCall() {
  if (timer_ != nullptr) TimerQueue::unref(timer_);
}

void DelayedCall::requireActive(const char* what) const {
  if (active()) return;
  const std::string where = timer_ == nullptr ? " of an empty DelayedCall" : " of a call made at " + timer_->site.text();
  if (timer_ != nullptr && timer_->cancelled) throw AlreadyCancelled(what + where + ": it was cancelled already");
  throw AlreadyCalled(what + where + ": it was called already");
}

void DelayedCall::cancel() {
  requireActive("cancel");
  cancelIfActive();
}

bool DelayedCall::cancelIfActive() noexcept {
  if (!active()) return false;
  timer_->queue->drop(timer_);
  return true;
}

void DelayedCall::reset(Duration after) {
  requireActive("reset");
  if (after < Duration::zero()) throw NegativeDelay("reset to " + std::to_string(after.count()) + " ns");
  timer_->queue->setAgain(*timer_, later(timer_->queue->now(), after));
}

void DelayedCall::delay(Duration more) {
  requireActive("delay");
  const Instant now = timer_->queue->now();
  const Instant at = more < Duration::zero() ? timer_->at + more : later(timer_->at, more);
  timer_->queue->setAgain(*timer_, at < now ? now : at);
}

TimerQueue::~TimerQueue() {
  clear();
  for (detail::Timer* timer : spare_) delete timer;
}

void TimerQueue::clear() noexcept {
  // A destroyed capture may cancel other calls of this queue: take them one at a time.
  while (!heap_.empty()) drop(heap_.back().timer);
}

detail::Timer* TimerQueue::make() {
  if (spare_.empty()) return new detail::Timer{};
  detail::Timer* timer = spare_.back();
  spare_.pop_back();
  return timer;
}

void TimerQueue::unref(detail::Timer* timer) noexcept {
  if (--timer->refs == 0) delete timer;
}

DelayedCall TimerQueue::add(Instant at, UniqueFunction<void()> call, Site site) {
  detail::Timer* timer = make();
  *timer = detail::Timer{this, at, nextOrder_++, 0, 1, std::move(call), site, false};
  heap_.push_back({at, timer->order, timer});
  siftUp(static_cast<std::uint32_t>(heap_.size() - 1), heap_.back());
  return DelayedCall(timer);
}

void TimerQueue::put(std::uint32_t place, const Entry& entry) noexcept {
  heap_[place] = entry;
  entry.timer->place = place;
}

void TimerQueue::siftUp(std::uint32_t place, const Entry& moved) noexcept {
  const Entry entry = moved;
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / kArity;
    if (!entry.before(heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void TimerQueue::siftDown(std::uint32_t place, const Entry& moved) noexcept {
  const Entry entry = moved;
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    const std::uint32_t first = place * kArity + 1;
    if (first >= size) break;
    std::uint32_t least = first;
    const std::uint32_t end = first + kArity < size ? first + kArity : size;
    for (std::uint32_t child = first + 1; child < end; ++child)
      if (heap_[child].before(heap_[least])) least = child;
    if (!heap_[least].before(entry)) break;
    put(place, heap_[least]);
    place = least;
  }
  put(place, entry);
}

void TimerQueue::setAgain(detail::Timer& timer, Instant at) noexcept {
  const Entry entry{timer.at = at, timer.order = nextOrder_++, &timer};
  const std::uint32_t place = timer.place;
  if (place > 0 && entry.before(heap_[(place - 1) / kArity])) siftUp(place, entry);
  else siftDown(place, entry);
}

void TimerQueue::remove(detail::Timer& timer) noexcept {
  const std::uint32_t place = timer.place;
  timer.queue = nullptr;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == &timer) return;
  if (place > 0 && last.before(heap_[(place - 1) / kArity])) siftUp(place, last);
  else siftDown(place, last);
}

void TimerQueue::drop(detail::Timer* timer) noexcept {
  timer->cancelled = true;
  remove(*timer);
  // What the call captured may own every handle, the one that cancels included: the queue's reference goes last.
  timer->call.reset();
  unref(timer);
}

UniqueFunction<void()> TimerQueue::takeDue(Instant now, std::uint64_t mark) {
  if (heap_.empty() || heap_.front().at > now || heap_.front().order >= mark) return {};
  detail::Timer* timer = heap_.front().timer;
  remove(*timer);
  UniqueFunction<void()> call = std::move(timer->call);
  if (!detail::kSanitized && timer->refs == 1 && spare_.size() < kSpareTimers) spare_.push_back(timer);
  else unref(timer);
  return call;
}

std::vector<TimerQueue::Pending> TimerQueue::pending() const {
  std::vector<Pending> out;
  for (const Entry& entry : heap_) out.push_back({entry.at, entry.timer->site});
  return out;
}

DelayedCall Clock::callLater(Duration after, UniqueFunction<void()> call, Site site) {
  if (after < Duration::zero()) throw NegativeDelay("callLater(" + std::to_string(after.count()) + " ns) at " + site.text());
  if (!call) throw UsageError("callLater at " + site.text() + ": an empty function");
  return timers_.add(later(now(), after), std::move(call), site);
}

}  // namespace teasel
