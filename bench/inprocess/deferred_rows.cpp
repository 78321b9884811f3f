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

/// Made, given n callbacks and fired; every callback adds what it captured.
template <class D>
[[gnu::noinline]] void makeAndFire(int n, const int& step) {
  D deferred;
  for (int i = 0; i < n; ++i) deferred.addCallback([&step](int value) { return value + step; });
  deferred.callback(1);
}

/// The same as a plain chain: n functions kept, then called one after the other.
[[gnu::noinline]] void callChain(int n, const int& step) {
  std::vector<std::function<int(int)>> chain;
  // NOLINTNEXTLINE(performance-inefficient-vector-operation): a Deferred is not told how many come
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

/// The way of a failure: made, given one errback that handles it, fired.
template <class Fire>
[[gnu::noinline]] void makeAndFail(const int& step, Fire fire) {
  Deferred<int> deferred;
  deferred.addErrback([&step](const Failure&) { return step; });
  fire(deferred);
}

/// An error that costs nothing to make by itself.
struct Gone final : std::exception {
  const char* what() const noexcept override { return "gone"; }
};

/// `fire` gives the failure; against the same with a value, `beside` included.
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

/// A coroutine that does nothing but stop each time it is resumed.
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

/// Made with its result, awaited, gone; against resuming a coroutine that stops again at once.
Round readyAwait() {
  static const Bare kBare = stopping();
  return inTurns([](long count) { static_cast<void>(awaiting(count)); },
                 [](long count) {
                   for (; count > 0; --count) kBare.frame.resume();
                 },
                 RatioIs::kCost, nanoseconds);
}

/// A list of a thousand Deferreds, all of them made and fired. Twisted's figure was measured once,
/// on two cores of an EPYC.
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
  // Such an error by itself costs more than all of a success: so it is made and dropped beside
  // that, too.
  const auto textAlone = [] { keep(std::runtime_error("gone")); };
  addRow({"deferred/failure-shared", "ns", [=] { return failing(shared, nothing); }});
  addRow({"deferred/failure-new", "ns", [=] { return failing(anew, nothing); }});
  addRow({"deferred/failure-text", "ns", [=] { return failing(text, textAlone); }});
  addRow({"deferred/await-ready", "ns", readyAwait});
  addRow({"deferred/list-1000", "us", listOf1000});
}

}  // namespace teasel::bench
