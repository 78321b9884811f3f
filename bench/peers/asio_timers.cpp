#include <asio.hpp>

#include "../harness/interleave.hpp"
#include "live_timers.hpp"

namespace teasel::bench {
namespace {

/// steady_timer reads the clock in expires_after.
class AsioTimers final : public LiveTimers {
 public:
  explicit AsioTimers(std::size_t timers) {
    timers_.reserve(timers);
    for (std::size_t i = 0; i < timers; ++i) timers_.emplace_back(context_);
  }
  double add(std::span<const Duration> after) override {
    double took = 0;
    asio::post(context_, [&] {
      const double before = threadCpu();
      for (std::size_t i = 0; i < after.size(); ++i) {
        timers_[i].expires_after(after[i]);
        timers_[i].async_wait([this](std::error_code error) { fired_ += error ? 0 : 1; });
      }
      took = threadCpu() - before;
      for (std::size_t i = 0; i < after.size(); ++i) timers_[i].cancel();
    });
    context_.restart();
    context_.run();
    return took;
  }

 private:
  asio::io_context context_{1};
  std::vector<asio::steady_timer> timers_;
  std::size_t fired_ = 0;
};

}  // namespace

std::unique_ptr<LiveTimers> asioTimers(std::size_t timers) { return std::make_unique<AsioTimers>(timers); }

}  // namespace teasel::bench
