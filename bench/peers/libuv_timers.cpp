#include <uv.h>

#include <chrono>
#include <stdexcept>

#include "../harness/interleave.hpp"
#include "live_timers.hpp"

namespace teasel::bench {
namespace {

/// libuv counts from the time of the turn, in milliseconds: it reads no clock in uv_timer_start.
class LibuvTimers final : public LiveTimers {
 public:
  explicit LibuvTimers(std::size_t timers) : timers_(timers) {
    if (uv_loop_init(&loop_) != 0) throw std::runtime_error("uv_loop_init");
    uv_timer_init(&loop_, &kick_);
    for (uv_timer_t& timer : timers_) uv_timer_init(&loop_, &timer);
  }
  LibuvTimers(const LibuvTimers&) = delete;
  LibuvTimers& operator=(const LibuvTimers&) = delete;
  ~LibuvTimers() override {
    uv_close(reinterpret_cast<uv_handle_t*>(&kick_), nullptr);
    for (uv_timer_t& timer : timers_) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  double add(std::span<const Duration> after) override {
    after_ = after;
    kick_.data = this;
    uv_timer_start(&kick_, [](uv_timer_t* kick) { static_cast<LibuvTimers*>(kick->data)->addAll(); }, 0, 0);
    uv_run(&loop_, UV_RUN_DEFAULT);
    return took_;
  }

 private:
  void addAll() {
    const double before = threadCpu();
    for (std::size_t i = 0; i < after_.size(); ++i) {
      timers_[i].data = this;
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(after_[i]).count();
      uv_timer_start(
          &timers_[i], [](uv_timer_t* timer) { ++static_cast<LibuvTimers*>(timer->data)->fired_; },
          static_cast<std::uint64_t>(wait), 0);
    }
    took_ = threadCpu() - before;
    for (std::size_t i = 0; i < after_.size(); ++i) uv_timer_stop(&timers_[i]);
  }

  uv_loop_t loop_{};
  uv_timer_t kick_{};
  std::vector<uv_timer_t> timers_;
  std::span<const Duration> after_;
  double took_ = 0;
  std::size_t fired_ = 0;
};

}  // namespace

std::unique_ptr<LiveTimers> libuvTimers(std::size_t timers) { return std::make_unique<LibuvTimers>(timers); }

}  // namespace teasel::bench
