#include <teasel/fakes/play/limits.hpp>

#include <gtest/gtest.h>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

StuckReport reached(const char* limit, std::uint64_t allowed) {
  return {.limit = limit, .allowed = allowed, .at = 90s, .events = 1200};
}
StuckReport reachedTime(Duration limit, Duration next) {
  return {.limit = "virtualTime", .allowed = static_cast<std::uint64_t>(limit.count()), .next = "timer", .nextDue = next};
}

TEST(StuckReport, SaysWhenTheNextTimerIsDueAndHowLongARunMayLast) {
  EXPECT_EQ(reachedTime(24h * 7, 24h * 8).text(),
            "the next timer is due 8 days into the run, and the limit virtualTime is 7 days; "
            "the run has come to 0 ns, after 0 events; nothing was waiting\n");
}

TEST(StuckReport, TellsATimeFromTheLimitThatItMissesByLittle) {
  EXPECT_EQ(reachedTime(2s, 2s + 5ns).text().substr(0, 53), "the next timer is due 2 s and 5 ns into the run, and ");
}

TEST(StuckReport, SaysWhatEachLimitCounts) {
  EXPECT_EQ(
      reached("events", 1200).text(),
      "reached the limit events: 1200 events in one run; the run has come to 90 s, after 1200 events; nothing was waiting\n");
  EXPECT_EQ(reached("eventsAtOneInstant", 50).text().substr(0, 73),
            "reached the limit eventsAtOneInstant: 50 events while the clock stood sti");
  EXPECT_EQ(reached("eventsSinceProgress", 1).text().substr(0, 93),
            "reached the limit eventsSinceProgress: 1 event without a byte, a connection or an event of th");
}

TEST(StuckReport, ListsWhatWaits) {
  StuckReport report = reachedTime(1s, 2s);
  report.waiting = {"timer made at a.cpp:1", "timer made at a.cpp:2"};
  EXPECT_EQ(report.text(),
            "the next timer is due 2 s into the run, and the limit virtualTime is 1 s; the run has come to 0 ns, after 0 events; "
            "waiting were:\n  timer made at a.cpp:1\n  timer made at a.cpp:2\n");
}

}  // namespace
}  // namespace teasel::fakes
