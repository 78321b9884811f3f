#include "open_loop.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <stdexcept>

namespace teasel::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Runs this thread on another core than the one it was kept on, as long as the object lives.
class OtherCore {
 public:
  OtherCore() {
    sched_getaffinity(0, sizeof before_, &before_);
    for (int core = 0; core < CPU_SETSIZE && !found_; ++core) {
      if (CPU_ISSET(core, &before_)) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      found_ = sched_setaffinity(0, sizeof one, &one) == 0;
    }
  }
  OtherCore(const OtherCore&) = delete;
  OtherCore& operator=(const OtherCore&) = delete;
  ~OtherCore() { sched_setaffinity(0, sizeof before_, &before_); }
  bool found() const { return found_; }

 private:
  cpu_set_t before_{};
  bool found_ = false;
};

/// The exchanges of one run.
class Schedule {
 public:
  Schedule(LoadConnections& clients, double rate, double seconds, WhenBusy whenBusy)
      : clients_(clients),
        gap_(1 / rate),
        count_(std::lround(rate * seconds)),
        holds_(whenBusy == WhenBusy::kWaits),
        waiting_(clients.size()),
        held_(clients.size()) {}

  Latencies run(bool maySpin) {
    latencies_.reserve(static_cast<std::size_t>(count_));
    begin_ = SteadyClock::now();
    const auto onBytes = [this](std::size_t stream) { came(stream); };
    for (long next = 0; next < count_;) {
      const auto now = SteadyClock::now();
      for (; next < count_ && due(next) <= now; ++next) {
        const std::size_t stream = static_cast<std::size_t>(next) % clients_.size();
        waiting_[stream].push_back(due(next));
        if (holds_ && clients_.underWay(stream) > 0) ++held_[stream];
        else clients_.begin(stream);
      }
      // Without a core of their own, the clients rest for a millisecond and so send in bursts.
      clients_.poll(maySpin ? 0 : 1, onBytes);
    }
    clients_.finish(onBytes);
    const auto length = due(count_) - begin_;
    // A smoke run is so short that one rest of this machine would look like an overload.
    const bool overloaded = SteadyClock::now() - begin_ > length + std::max<SteadyClock::duration>(length, kLate);
    return {std::move(latencies_), overloaded};
  }

 private:
  static constexpr std::chrono::milliseconds kLate{250};

  SteadyClock::time_point due(long exchange) const {
    return begin_ +
           std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(gap_ * static_cast<double>(exchange)));
  }
  void came(std::size_t stream) {
    const auto now = SteadyClock::now();
    auto& waiting = waiting_[stream];
    std::size_t& held = held_[stream];
    for (const std::uint64_t under = clients_.underWay(stream) + held; waiting.size() > under;) {
      latencies_.push_back(std::chrono::duration<double, std::micro>(now - waiting.front()).count());
      waiting.pop_front();
    }
    if (held == 0 || clients_.underWay(stream) > 0) return;
    --held;
    clients_.begin(stream);
  }

  LoadConnections& clients_;
  double gap_;
  long count_;
  bool holds_;
  SteadyClock::time_point begin_{};
  std::vector<std::deque<SteadyClock::time_point>> waiting_;  // when exchanges were due
  std::vector<std::size_t> held_;                             // how many of them have not begun
  std::vector<double> latencies_;
};

}  // namespace

Latencies openLoop(LoadConnections& clients, double rate, double seconds, WhenBusy whenBusy) {
  const OtherCore core;
  return Schedule(clients, rate, seconds, whenBusy).run(core.found());
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) throw std::runtime_error("no reply has come");
  const auto at = static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
  const auto place = values.begin() + std::max<std::ptrdiff_t>(at, 0);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace teasel::bench
