#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <teasel/core/unique_function.hpp>
#include <teasel/reactor/driver.hpp>

namespace teasel::reactor_tests {

/// A driver without streams. Time passes only while the reactor waits, or when the test says so.
class IdleDriver final : public Driver {
 public:
  std::string_view name() const noexcept override { return "idle"; }
  Instant now() noexcept override { return now_; }
  void poll(Duration maxWait, Instant& sampled) override {
    lastWait = maxWait;
    if (maxWait < Duration::max()) now_ += maxWait;
    sampled = now_;
    if (onPoll) onPoll();
  }
  void wake() noexcept override { ++wakes; }
  Slot* listen(const Address&, const ListenOptions&, Acceptor&, Failure&) override { return nullptr; }
  void stopListening(Slot*) override {}
  Slot* connect(const Address&, const ConnectOptions&, StreamSink&) override { return nullptr; }
  void reading(Slot*, bool) override {}
  std::size_t write(Slot*, std::span<const Segment>) override { return 0; }
  void shutdownWrite(Slot*) override {}
  void close(Slot*, CloseMode, std::vector<Segment>, Instant) override {}
  std::size_t overdueSlots() const noexcept override { return 0; }

  void pass(Duration time) { now_ += time; }

  Duration lastWait{};
  int wakes = 0;
  UniqueFunction<void()> onPoll;

 private:
  Instant now_ = Instant{} + std::chrono::hours(1);
};

}  // namespace teasel::reactor_tests
