#include <coroutine>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/deferred/coroutine.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/deferred/join.hpp>

#include "../harness/interleave.hpp"
#include "naive_deferred.hpp"
#include "rows.hpp"

namespace teasel::bench {
namespace {

/// Makes a Deferred, gives it n callbacks and fires it. Each callback adds the number that it
/// captured.
template <class D>
[[gnu::noinline]] void makeAndFire(int n, const int& step) {
  D deferred;
  for (int i = 0; i < n; ++i) deferred.addCallback([&step](int value) { return value + step; });
  deferred.callback(1);
}

/// The same work without a Deferred: keeps n functions and then calls one after the other.
[[gnu::noinline]] void callChain(int n, const int& step) {
  std::vector<std::function<int(int)>> chain;
  // NOLINTNEXTLINE(performance-inefficient-vector-operation): as a Deferred has to
  for (int i = 0; i < n; ++i) chain.push_back([&step](int value) { return value + step; });
  int value = 1;
  for (const auto& next : chain) value = next(value);
  keep(value);
}

Round callbacks(int n) {
  const auto ours = [=](long count) {
    for (const int step = n; count > 0; --count) makeAndFire<Deferred<int>>(n, step);
  };
  const auto naive = [=](long count) {
    for (const int step = n; count > 0; --count) makeAndFire<NaiveDeferred>(n, step);
  };
  const auto chain = [=](long count) {
    for (const int step = n; count > 0; --count) callChain(n, step);
  };
  return n == 1 ? inTurns(ours, naive, RatioIs::kCost, nanoseconds) : inTurns(ours, chain, RatioIs::kCost, nanoseconds);
}

/// Makes a Deferred, gives it one errback that handles the failure, and fails it by `fire`.
template <class Fire>
[[gnu::noinline]] void makeAndFail(const int& step, Fire fire) {
  Deferred<int> deferred;
  deferred.addErrback([&step](const Failure&) { return step; });
  fire(deferred);
}

/// An error whose construction costs nothing.
struct Gone final : std::exception {
  const char* what() const noexcept override { return "gone"; }
};

/// Measures a Deferred that `fire` fails. The reference is a Deferred that gets a value, together
/// with one call of `beside`.
template <class Fire, class Beside>
Round failing(Fire fire, Beside beside) {
  return inTurns(
      [=](long count) {
        for (const int step = 1; count > 0; --count) makeAndFail(step, fire);
      },
      [=](long count) {
        for (const int step = 1; count > 0; --count) {
          makeAndFire<Deferred<int>>(1, step);
          beside();
        }
      },
      RatioIs::kCost, nanoseconds);
}

/// A coroutine that suspends itself again each time it is resumed, and does nothing else.
struct Bare {
  struct promise_type {
    Bare get_return_object() { return Bare{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> frame;
};
Bare stopping() {
  for (;;) co_await std::suspend_always();
}
Deferred<void> awaiting(long count) {
  for (int sum = 0; count > 0; --count) keep(sum += co_await succeed(1));
}

/// Makes a Deferred that has its result, awaits it and destroys it. The reference resumes a
/// coroutine that suspends itself again at once.
Round readyAwait() {
  static const Bare kBare = stopping();
  return inTurns([](long count) { static_cast<void>(awaiting(count)); },
                 [](long count) {
                   for (; count > 0; --count) kBare.frame.resume();
                 },
                 RatioIs::kCost, nanoseconds);
}

/// Makes a thousand Deferreds and a list of them, and fires all. The reference is Twisted's figure,
/// which was measured once, on two cores of an EPYC.
Round listOf1000() {
  constexpr double kTwisted = 2553e3;
  const auto ours = [](long count) {
    for (; count > 0; --count) {
      std::vector<Deferred<int>> inputs(1000);
      auto list = deferredList(inputs);
      for (const Deferred<int>& input : inputs) input.callback(1);
      keep(list.hasResult());
    }
  };
  const long count = calibrate(ours);
  return [=] {
    const double each = nanosecondsEach(ours, count);
    return Sample{each / 1e3, kTwisted / 1e3, kTwisted / each};
  };
}

}  // namespace

void addDeferredRows() {
  for (const int n : {1, 10, 100}) addRow({"deferred/" + std::to_string(n) + "-callbacks", "ns", [=] { return callbacks(n); }});
  const auto shared = [](Deferred<int>& deferred) { deferred.errback(connectionLost()); };
  const auto anew = [](Deferred<int>& deferred) { deferred.errback(Gone()); };
  const auto text = [](Deferred<int>& deferred) { deferred.errback(std::runtime_error("gone")); };
  const auto nothing = [] {};
  // A std::runtime_error with its text costs more than a whole success. The reference therefore
  // makes and drops such an error, too.
  const auto textAlone = [] { keep(std::runtime_error("gone")); };
  addRow({"deferred/failure-shared", "ns", [=] { return failing(shared, nothing); }});
  addRow({"deferred/failure-new", "ns", [=] { return failing(anew, nothing); }});
  addRow({"deferred/failure-text", "ns", [=] { return failing(text, textAlone); }});
  addRow({"deferred/await-ready", "ns", readyAwait});
  addRow({"deferred/list-1000", "us", listOf1000});
}

}  // namespace teasel::bench
