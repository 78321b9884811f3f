#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#ifdef TEASEL_BENCH_LIBEV
#include <ev.h>
#endif

#include <teasel/core/clock.hpp>
#include <teasel/core/detail/timer_queue.hpp>

#include <teasel/drivers/drivers.hpp>
#include <teasel/reactor/reactor.hpp>

#include "../harness/interleave.hpp"
#include "../peers/live_timers.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

using Clockwork = std::vector<double>;  // nanoseconds per add, cancel, fire
enum Operation : std::uint8_t { kAdd, kCancel, kFire, kOperations };
constexpr const char* kNames[] = {"add", "cancel", "fire"};

/// Random deadlines within a millisecond, and a random order of cancelling. Subject and reference
/// use the same plan.
struct Plan {
  Plan(std::size_t n, std::uint64_t seed) : after(n), order(n) {
    std::uint64_t state = seed;
    const auto draw = [&] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
    for (Duration& duration : after) duration = Duration(static_cast<std::int64_t>(draw() % 1000000));
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[draw() % i]);
  }
  std::vector<Duration> after;
  std::vector<std::size_t> order;
};

/// Plans of n timers each, enough of them for a round of measurable length. The plans differ, so
/// that the processor's branch prediction cannot learn the deadlines.
std::vector<Plan> plansOf(std::size_t n) {
  std::vector<Plan> plans;
  const std::size_t count = effort().smoke || effort().count > 0 ? 1 : std::max(std::size_t{1}, 20000 / n);
  plans.reserve(count);
  for (std::size_t i = 0; i < count; ++i) plans.emplace_back(n, i + 1);
  return plans;
}

class Stopwatch {
 public:
  double lap() {
    const double before = std::exchange(last_, threadCpu());
    return last_ - before;
  }

 private:
  double last_ = threadCpu();
};

/// A Clock whose time the benchmark sets. It runs the timers that are due as a Reactor does.
class TeaselTimers : public Clock {
 public:
  explicit TeaselTimers(std::size_t n) : calls_(n) {}
  void add(const Plan& plan) {
    for (std::size_t i = 0; i < calls_.size(); ++i) calls_[i] = callLater(plan.after[i], [this] { ++fired_; });
  }
  void cancel(const Plan& plan) {
    for (const std::size_t i : plan.order) calls_[i].cancel();
  }
  void expire() { setNow(now() + std::chrono::milliseconds(1)); }
  void fire() {
    const std::uint64_t mark = timers_.mark();
    for (auto call = timers_.takeDue(now(), mark); call; call = timers_.takeDue(now(), mark)) call();
  }
  std::size_t fired() const { return fired_; }

 private:
  std::vector<DelayedCall> calls_;
  std::size_t fired_ = 0;
};

#ifdef TEASEL_BENCH_LIBEV
class EvTimers {
 public:
  explicit EvTimers(std::size_t n) : loop_(ev_loop_new(0)), timers_(n) {}
  EvTimers(const EvTimers&) = delete;
  EvTimers& operator=(const EvTimers&) = delete;
  ~EvTimers() { ev_loop_destroy(loop_); }
  void add(const Plan& plan) {
    for (std::size_t i = 0; i < timers_.size(); ++i) {
      timers_[i].data = this;
      ev_timer_init(
          &timers_[i], [](struct ev_loop*, ev_timer* timer, int) { ++static_cast<EvTimers*>(timer->data)->fired_; },
          static_cast<double>(plan.after[i].count()) / 1e9, 0.);
      ev_timer_start(loop_, &timers_[i]);
    }
  }
  void cancel(const Plan& plan) {
    for (const std::size_t i : plan.order) ev_timer_stop(loop_, &timers_[i]);
  }
  void expire() {
    for (const double begun = ev_time(); ev_time() - begun < 0.0011;) continue;
  }
  void fire() { ev_run(loop_, EVRUN_NOWAIT); }
  std::size_t fired() const { return fired_; }

 private:
  struct ev_loop* loop_;
  std::vector<ev_timer> timers_;
  std::size_t fired_ = 0;
};
#endif

/// For each plan: adds all timers, cancels all, adds all again and fires all.
template <class Timers>
Clockwork measure(Timers& timers, const std::vector<Plan>& plans) {
  Clockwork spent(kOperations);
  std::size_t all = 0;
  for (const Plan& plan : plans) {
    const std::size_t before = timers.fired();
    Stopwatch watch;
    timers.add(plan);
    spent[kAdd] += watch.lap();
    timers.cancel(plan);
    spent[kCancel] += watch.lap();
    timers.add(plan);
    timers.expire();
    watch.lap();
    timers.fire();
    spent[kFire] += watch.lap();
    if (timers.fired() != before + plan.after.size()) throw std::runtime_error("not all timers fired");
    all += plan.after.size();
  }
  for (double& each : spent) each /= static_cast<double>(all);
  return spent;
}

Round round(Operation operation, std::size_t n) {
  const auto plans = std::make_shared<std::vector<Plan>>(plansOf(n));
  const auto ours = std::make_shared<TeaselTimers>(n);
  if (effort().count > 0) return [=] { return Sample{measure(*ours, *plans)[operation], {}, {}}; };
#ifdef TEASEL_BENCH_LIBEV
  const auto theirs = std::make_shared<EvTimers>(n);
  return [=] {
    const double value = measure(*ours, *plans)[operation];
    const double reference = measure(*theirs, *plans)[operation];
    return Sample{value, reference, value / reference};
  };
#else
  return [=] { return Sample{measure(*ours, *plans)[operation], {}, {}}; };
#endif
}

/// Calls of callLater inside a callback of a running reactor, where each counts from the time of
/// the system at the call.
class ReactorTimers final : public LiveTimers {
 public:
  explicit ReactorTimers(std::size_t timers) : calls_(timers) { reactor_.startRunning(); }
  double add(std::span<const Duration> after) override {
    double took = 0;
    reactor_.callFromThread([&] {
      Stopwatch watch;
      for (std::size_t i = 0; i < after.size(); ++i) calls_[i] = reactor_.callLater(after[i], [this] { ++fired_; });
      took = watch.lap();
      for (std::size_t i = 0; i < after.size(); ++i) calls_[i].cancel();
    });
    reactor_.turn();
    return took;
  }

 private:
  Reactor reactor_{makeDriver("epoll")};
  std::vector<DelayedCall> calls_;
  std::size_t fired_ = 0;
};

/// Nanoseconds per timer, over all plans. The plans say microseconds here: none of these timers is
/// to fire, and libuv counts in milliseconds.
double measureLive(LiveTimers& timers, const std::vector<Plan>& plans) {
  double spent = 0;
  std::size_t all = 0;
  std::vector<Duration> after;
  for (const Plan& plan : plans) {
    after.clear();
    for (const Duration& duration : plan.after) after.push_back(std::chrono::seconds(1) + 1000 * duration);
    spent += timers.add(after);
    all += after.size();
  }
  return spent / static_cast<double>(all);
}

Round liveRound(const TimerPeer& peer, std::size_t n) {
  const auto plans = std::make_shared<std::vector<Plan>>(plansOf(n));
  const auto ours = std::make_shared<ReactorTimers>(n);
  const std::shared_ptr<LiveTimers> theirs = peer.make(n);
  return [=] {
    const double value = measureLive(*ours, *plans);
    const double reference = measureLive(*theirs, *plans);
    return Sample{value, reference, value / reference};
  };
}

}  // namespace

void addTimerRows() {
  for (const std::size_t n : {std::size_t{1000}, std::size_t{100000}})
    for (const TimerPeer& peer : timerPeers())
      addRow({"timer/add/live/" + std::to_string(n) + '/' + peer.name, "ns", [=] { return liveRound(peer, n); }});
  for (const std::size_t n : {std::size_t{1000}, std::size_t{100000}, std::size_t{1000000}})
    for (const Operation operation : {kAdd, kCancel, kFire})
      addRow({"timer/" + std::string(kNames[operation]) + '/' + std::to_string(n), "ns", [=] { return round(operation, n); }});
}

}  // namespace teasel::bench
