#include <teasel/application/backoff.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::vector<Duration> first(const RetryPolicy& policy, std::size_t count, std::uint64_t random = 0) {
  std::vector<Duration> delays;
  for (std::size_t failed = 1; failed <= count; ++failed) delays.push_back(policy(failed, random));
  return delays;
}

TEST(BackoffPolicy, BeginsWithTheInitialDelayAndGrowsByTheFactor) {
  EXPECT_EQ(first(backoffPolicy(), 4), (std::vector<Duration>{1s, 1500ms, 2250ms, 3375ms}));
  EXPECT_EQ(first(backoffPolicy(2s, 60s, {3, 1}), 3), (std::vector<Duration>{2s, 6s, 18s}));
}

TEST(BackoffPolicy, StaysAtTheMaximum) {
  const RetryPolicy policy = backoffPolicy(1s, 30s, {4, 1});
  EXPECT_EQ(first(policy, 5), (std::vector<Duration>{1s, 4s, 16s, 30s, 30s}));
  EXPECT_EQ(policy(std::numeric_limits<std::size_t>::max(), 0), 30s) << "no overflow, and no long loop";
  EXPECT_EQ(backoffPolicy(90s, 30s)(1, 0), 30s);
}

TEST(BackoffPolicy, AVeryLargeFactorGoesToTheMaximumAtOnceAndDoesNotOverflow) {
  const Fraction most{std::numeric_limits<decltype(Fraction::n)>::max(), 1};
  EXPECT_EQ(first(backoffPolicy(1s, 60s, most), 3), (std::vector<Duration>{1s, 60s, 60s}));
  EXPECT_EQ(backoffPolicy(1ns, Duration::max(), most)(99, 0), Duration::max());
}

TEST(BackoffPolicy, AFactorOfOneKeepsTheDelay) {
  EXPECT_EQ(backoffPolicy(5s, 60s, {1, 1})(std::numeric_limits<std::size_t>::max(), 0), 5s);
}

TEST(BackoffPolicy, AddsAPartOfTheJitter) {
  const RetryPolicy policy = backoffPolicy(1s, 60s, {3, 2}, 10s);
  EXPECT_EQ(policy(1, 0), 1s);
  EXPECT_EQ(policy(1, kMost / 2 + 1), 6s);
  EXPECT_EQ(policy(1, kMost), 11s - 1ns);
}

TEST(BackoffPolicy, TheLongestTimesDoNotOverflow) {
  EXPECT_EQ(backoffPolicy(Duration::max(), Duration::max(), {3, 2}, Duration::max())(9, kMost), Duration::max());
}

TEST(BackoffPolicy, RefusesDelaysThatMakeNoSense) {
  EXPECT_THROW(backoffPolicy(-1s), NegativeDelay);
  EXPECT_THROW(backoffPolicy(1s, -1s), NegativeDelay);
  EXPECT_THROW(backoffPolicy(1s, 60s, {3, 2}, -1s), NegativeDelay);
  EXPECT_THROW(backoffPolicy(1s, 60s, {2, 3}), UsageError);
  EXPECT_THROW(backoffPolicy(1s, 60s, {2, 0}), UsageError);
}

}  // namespace
}  // namespace teasel
