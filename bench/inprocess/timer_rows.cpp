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

#include "../harness/interleave.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

using Clockwork = std::vector<double>;  // nanoseconds per add, cancel, fire
enum Operation : std::uint8_t { kAdd, kCancel, kFire, kOperations };
constexpr const char* kNames[] = {"add", "cancel", "fire"};

/// Deadlines within a millisecond and an order of cancelling, the same for both sides.
struct Plan {
  explicit Plan(std::size_t n) : after(n), order(n) {
    std::uint64_t state = 1;
    const auto draw = [&] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
    for (Duration& duration : after) duration = Duration(static_cast<std::int64_t>(draw() % 1000000));
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[draw() % i]);
  }
  std::vector<Duration> after;
  std::vector<std::size_t> order;
};

class Stopwatch {
 public:
  double lap() {
    const double before = std::exchange(last_, threadCpu());
    return last_ - before;
  }

 private:
  double last_ = threadCpu();
};

/// TimerQueue as Reactor::callLater uses it.
class TeaselTimers {
 public:
  explicit TeaselTimers(const Plan& plan) : plan_(plan), calls_(plan.after.size()) {}
  void add() {
    for (std::size_t i = 0; i < calls_.size(); ++i)
      calls_[i] = queue_.add(queue_.now() + plan_.after[i], [this] { ++fired_; }, Site::here());
  }
  void cancel() {
    for (const std::size_t i : plan_.order) calls_[i].cancel();
  }
  void expire() { queue_.setNow(queue_.now() + std::chrono::milliseconds(1)); }
  void fire() {
    const std::uint64_t mark = queue_.mark();
    for (auto call = queue_.takeDue(queue_.now(), mark); call; call = queue_.takeDue(queue_.now(), mark)) call();
  }
  std::size_t fired() const { return fired_; }

 private:
  const Plan& plan_;
  TimerQueue queue_;
  std::vector<DelayedCall> calls_;
  std::size_t fired_ = 0;
};

#ifdef TEASEL_BENCH_LIBEV
class EvTimers {
 public:
  explicit EvTimers(const Plan& plan) : plan_(plan), loop_(ev_loop_new(0)), timers_(plan.after.size()) {
    ev_set_userdata(loop_, this);
  }
  EvTimers(const EvTimers&) = delete;
  EvTimers& operator=(const EvTimers&) = delete;
  ~EvTimers() { ev_loop_destroy(loop_); }
  void add() {
    for (std::size_t i = 0; i < timers_.size(); ++i) {
      ev_timer_init(
          &timers_[i], [](struct ev_loop* loop, ev_timer*, int) { ++static_cast<EvTimers*>(ev_userdata(loop))->fired_; },
          static_cast<double>(plan_.after[i].count()) / 1e9, 0.);
      ev_timer_start(loop_, &timers_[i]);
    }
  }
  void cancel() {
    for (const std::size_t i : plan_.order) ev_timer_stop(loop_, &timers_[i]);
  }
  void expire() {
    for (const double begun = ev_time(); ev_time() - begun < 0.0011;) continue;
  }
  void fire() { ev_run(loop_, EVRUN_NOWAIT); }
  std::size_t fired() const { return fired_; }

 private:
  const Plan& plan_;
  struct ev_loop* loop_;
  std::vector<ev_timer> timers_;
  std::size_t fired_ = 0;
};
#endif

/// Adds all and cancels all, adds all and fires all, `times` times.
template <class Timers>
Clockwork measure(Timers& timers, std::size_t n, long times) {
  Clockwork spent(kOperations);
  for (long i = 0; i < times; ++i) {
    const std::size_t before = timers.fired();
    Stopwatch watch;
    timers.add();
    spent[kAdd] += watch.lap();
    timers.cancel();
    spent[kCancel] += watch.lap();
    timers.add();
    timers.expire();
    watch.lap();
    timers.fire();
    spent[kFire] += watch.lap();
    if (timers.fired() != before + n) throw std::runtime_error("not all timers fired");
  }
  for (double& each : spent) each /= static_cast<double>(times) * static_cast<double>(n);
  return spent;
}

Round round(Operation operation, std::size_t n) {
  const auto plan = std::make_shared<Plan>(n);
  const auto ours = std::make_shared<TeaselTimers>(*plan);
  const long times = effort().smoke ? 1 : std::max(1L, 20000 / static_cast<long>(n));
#ifdef TEASEL_BENCH_LIBEV
  const auto theirs = std::make_shared<EvTimers>(*plan);
  return [=] {
    static_cast<void>(plan);
    const double value = measure(*ours, n, times)[operation];
    const double reference = measure(*theirs, n, times)[operation];
    return Sample{value, reference, value / reference};
  };
#else
  return [=] { return static_cast<void>(plan), Sample{measure(*ours, n, times)[operation], {}, {}}; };
#endif
}

}  // namespace

void addTimerRows() {
  for (const std::size_t n : {std::size_t{1000}, std::size_t{100000}, std::size_t{1000000}})
    for (const Operation operation : {kAdd, kCancel, kFire})
      addRow({"timer/" + std::string(kNames[operation]) + '/' + std::to_string(n), "ns", [=] { return round(operation, n); }});
}

}  // namespace teasel::bench
