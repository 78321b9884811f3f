#include <teasel/core/logger.hpp>

#include <gtest/gtest.h>

#include <thread>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>

namespace teasel {
namespace {

constexpr Logger kLog("test");

TEST(LogCapture, CollectsThisThreadsEventsAndNoOthers) {
  LogCapture capture;
  kLog.info("mine");
  std::thread([] {
    const LogScope silent(nullptr);
    kLog.info("other");
  }).join();
  ASSERT_EQ(capture.events().size(), 1u);
  EXPECT_EQ(capture.events()[0].message, "mine");
  EXPECT_EQ(capture.events()[0].source, "test");
}

TEST(LogCapture, FlushesErrorsByType) {
  LogCapture capture;
  kLog.failure("lost", Failure(ConnectionLost("x")));
  kLog.failure("late", Failure(TimeoutError("y")));
  EXPECT_EQ(capture.flushLoggedErrors<ConnectionLost>().size(), 1u);
  EXPECT_EQ(capture.flushLoggedErrors().size(), 1u);
  EXPECT_TRUE(capture.flushLoggedErrors().empty());
}

TEST(LogCapture, InnerScopesHideOuterOnes) {
  LogCapture outer;
  {
    const LogScope silent(nullptr);
    EXPECT_FALSE(kLog.enabled(LogLevel::kCritical));
    kLog.error("unheard");
  }
  EXPECT_TRUE(outer.events().empty());
  EXPECT_TRUE(kLog.enabled(LogLevel::kDebug));
}

TEST(LogCapture, KeepsAtMostItsLimitAndCountsTheRest) {
  LogCapture capture(LogLevel::kDebug, 2);
  for (int i = 0; i < 5; ++i) kLog.debug("x");
  EXPECT_EQ(capture.events().size(), 2u);
  EXPECT_EQ(capture.dropped(), 3u);
}

TEST(Logger, AnObserverThatThrowsIsSkipped) {
  struct Throwing : LogObserver {
    void onLog(const LogEvent&) override { throw 1; }
  } observer;
  const LogScope scope(&observer);
  kLog.info("still here");
}

TEST(CheckDeathTest, PrintsTheExpressionAndItsValues) {
  const int three = 3;
  EXPECT_DEATH(TEASEL_CHECK(three == 4), "logger_test.cpp:[0-9]+: three == 4 \\(with 3 == 4\\)");
}

}  // namespace
}  // namespace teasel
