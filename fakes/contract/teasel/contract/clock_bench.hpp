#pragma once

#include <memory>
#include <string>

#include <teasel/contract/bench.hpp>
#include <teasel/fakes/fake_clock.hpp>

namespace teasel::contract {

/// A FakeClock for the contract on time: what a reactor promises of its timers also holds here.
class FakeClockBench final : public Bench {
 public:
  Clock& clock() override { return *clock_; }
  Reactor& server() override { throw UsageError("a FakeClock has no reactor: only the contract on time runs on it"); }
  Reactor& client() override { return server(); }
  std::string serverHost() const override { return {}; }
  bool until(const std::function<bool()>& done, Duration atMost) override {
    for (const Instant end = clock_->now() + atMost; !done();)
      if (clock_->now() > end || !clock_->advanceToNext()) return false;
    return true;
  }
  void pass(Duration time) override { clock_->advance(time); }
  void work(Duration time) override { clock_->takeTime(time); }
  bool run() override { return false; }
  Address deaf() override { return {}; }
  void destroy() override { clock_.reset(); }
  bool simulated() const noexcept override { return true; }
  std::size_t moreThanFits() const noexcept override { return 0; }

 private:
  std::unique_ptr<fakes::FakeClock> clock_ = std::make_unique<fakes::FakeClock>();
};

/// The column "fake_clock", for the contract on time alone.
inline Arm fakeClockArm() {
  return {"fake_clock", 1, [](int) { return std::make_unique<FakeClockBench>(); }};
}

}  // namespace teasel::contract
