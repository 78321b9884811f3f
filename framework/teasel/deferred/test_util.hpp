#pragma once

#include <string>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/core/detail/timer_queue.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/deferred/deferred.hpp>

/// What the tests of this room share. What users' tests need is in fakes.
namespace teasel::deferred_tests {

struct Oops : std::runtime_error {
  explicit Oops(const char* what = "oops") : std::runtime_error(what) {}
};

/// Counts the chains that live, and keeps what is reported when they die.
class Chains final : public Observer {
 public:
  struct Death {
    std::uint64_t id;
    bool fired;
    Failure unhandled;
  };
  std::uint64_t chainMade(Site) override { return ++live, ++made; }
  void chainDied(std::uint64_t id, Site, bool fired, const Failure& unhandled) override {
    --live;
    if (keepDeaths) deaths.push_back({id, fired, unhandled});
  }
  std::uint64_t made = 0;
  long live = 0;
  bool keepDeaths = true;
  std::vector<Death> deaths;

 private:
  Scope scope_{this};
};

/// A clock whose time moves when the test says so.
class ManualClock final : public Clock {
 public:
  void advance(Duration by) {
    setNow(now() + by);
    const std::uint64_t mark = timers_.mark();
    while (UniqueFunction<void()> due = timers_.takeDue(now(), mark)) due();
  }
};

/// The message of the E that `action` throws; "nothing thrown" otherwise.
template <class E, class Action>
std::string thrownBy(Action&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing thrown";
}

/// The name of the error that a Deferred has failed with; "no failure" when it has a value.
template <class T>
std::string failureOf(Deferred<T> deferred) {
  return deferred.take().failure().name();
}

}  // namespace teasel::deferred_tests
