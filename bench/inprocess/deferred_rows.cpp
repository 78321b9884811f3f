#include <functional>
#include <string>
#include <vector>

#include <teasel/deferred/deferred.hpp>

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

}  // namespace

void addDeferredRows() {
  for (const int n : {1, 10, 100}) addRow({"deferred/" + std::to_string(n) + "-callbacks", "ns", [=] { return callbacks(n); }});
}

}  // namespace teasel::bench
