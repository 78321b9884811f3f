#include <teasel/fakes/net/sim_threads.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/net/detail/delays.hpp>

namespace teasel::fakes {

namespace {

/// Counts one more while it lives.
class Counted {
 public:
  explicit Counted(int& count) noexcept : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  int& count_;
};

}  // namespace

void SimThreadPool::start(UniqueFunction<void()> work) {
  if (queue_.size() >= kMaxQueued) throw LimitExceeded("queued calls in threads", kMaxQueued, queue_.size() + 1);
  const Instant now = network_.now();
  auto thread = std::min_element(freeFrom_.begin(), freeFrom_.end());
  if ((thread == freeFrom_.end() || *thread > now) && freeFrom_.size() < most_) thread = freeFrom_.insert(freeFrom_.end(), now);
  const Instant due = std::max(*thread, now) + drawWork();
  *thread = due;
  queue_.push_back({due, order_++, std::move(work)});
  next_ = std::min(next_, due);
}

/// Draws how long a call takes.
Duration SimThreadPool::drawWork() const {
  Choices& choices = network_.choices();
  if (choices.calm()) return Duration::zero();
  return detail::kDelays[choices.below(detail::kDelays.size(), ChoiceKey(host_, ChoiceSite::kThread))];
}

void SimThreadPool::adjustPoolsize(std::size_t most) {
  if (most < 1 || most > kMaxThreads)
    throw UsageError("a thread pool has 1 to " + std::to_string(kMaxThreads) + " threads, not " + std::to_string(most));
  most_ = most;
  // The threads that are busy longest are the ones that go.
  std::sort(freeFrom_.begin(), freeFrom_.end());
  if (freeFrom_.size() > most) freeFrom_.resize(most);
}

void SimThreadPool::runOne() {
  const auto first = std::min_element(queue_.begin(), queue_.end(), [](const Work& a, const Work& b) {
    return a.due != b.due ? a.due < b.due : a.order < b.order;
  });
  if (first == queue_.end()) return;
  UniqueFunction<void()> call = std::move(first->call);
  queue_.erase(first);
  next_ = kNever;
  for (const Work& each : queue_) next_ = std::min(next_, each.due);
  network_.noteHost(TraceKind::kThread, host_);
  const Counted running(running_);
  call();
}

bool SimThreadPool::stop(Duration) {
  restart();
  return true;
}

void SimThreadPool::restart() noexcept {
  next_ = kNever;
  order_ = 0;
  most_ = kDefaultThreads;
  freeFrom_.clear();
  const std::vector<Work> dropped = std::move(queue_);  // what they captured may use the pool
  queue_.clear();
}

void SimThreadPool::waitFor(ThreadGate& gate) {
  if (!insideCall())
    throw UsageError("in a world, only what callInThread runs may wait for the reactor: everything else is the reactor's thread");
  const Counted waiting(waiting_);
  while (!gate.isOpen())
    if (pump_ == nullptr || !pump_->pump())
      throw UsageError("a thread waits for the reactor, and nothing is left that could happen");
}

}  // namespace teasel::fakes
