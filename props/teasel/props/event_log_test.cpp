#include <teasel/props/event_log.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace teasel::props {
namespace {

TEST(EventLog, MergesPartsOfOneKindThatFollowEachOther) {
  EventLog cut, whole;
  cut.part("raw", "ab"), cut.part("raw", ""), cut.part("raw", "c"), cut.event("line", "x"), cut.part("raw", "d");
  whole.part("raw", "abc"), whole.event("line", "x"), whole.part("raw", "d");
  EXPECT_EQ(cut.text(0, 9), "raw[\"abc\"]; line[\"x\"]; raw[\"d\"]");
  EXPECT_TRUE(cut == whole);
}

TEST(EventLog, NeverMergesEvents) {
  EventLog two, one;
  two.event("line", "a"), two.event("line", "b");
  one.event("line", "ab");
  EXPECT_FALSE(two == one);
  EXPECT_EQ(EventLog::firstDifference(two, one), 0u);
}

TEST(EventLog, KnowsABeginningOfAnother) {
  EventLog shorter, longer;
  shorter.event("line", "a"), shorter.part("raw", "bc");
  longer.event("line", "a"), longer.part("raw", "bcd"), longer.event("end");
  EXPECT_TRUE(shorter.beginningOf(longer));
  EXPECT_FALSE(longer.beginningOf(shorter));
  EventLog other;
  other.event("line", "a"), other.part("raw", "x");
  EXPECT_FALSE(other.beginningOf(longer));
}

TEST(EventLog, TakesACutEventForNoBeginning) {
  EventLog cut, whole;
  cut.event("line", "a");
  whole.event("line", "ab");
  EXPECT_FALSE(cut.beginningOf(whole));
}

TEST(EventLog, CallsItsHookAfterEachReportIsRecorded) {
  EventLog log;
  std::vector<std::string> seen;
  log.onReport([&](bool part) { seen.push_back(log.text(0, 9) + (part ? " part" : " event")); });
  log.event("line", "a"), log.part("raw", "x"), log.part("raw", ""), log.part("raw", "y");
  EXPECT_EQ(seen,
            (std::vector<std::string>{"line[\"a\"] event", "line[\"a\"]; raw[\"x\"] part", "line[\"a\"]; raw[\"xy\"] part"}));
}

TEST(EventLog, LetsPassWhatItsHookThrows) {
  EventLog log;
  log.onReport([&](bool part) {
    if (!part && log.events() == 2) throw PlannedException("at event 2");
  });
  log.event("line", "a"), log.part("raw", "x");
  EXPECT_THROW(log.event("line", "b"), PlannedException);
  log.event("line", "c");
  EXPECT_EQ(log.text(0, 9), "line[\"a\"]; raw[\"x\"]; line[\"b\"]; line[\"c\"]");
}

TEST(EventLog, IsEmptyAndCalmAfterClear) {
  EventLog log;
  log.event("line"), log.onReport([](bool) { throw PlannedException("never"); });
  log.clear();
  EXPECT_NO_THROW(log.event("line"));
  EXPECT_EQ(log.size(), 1u);
}

TEST(EventLog, KeepsALastWordApartFromTheEntries) {
  EventLog early, late;
  early.last("error", "bad"), late.event("line", "a"), late.last("error", "bad");
  EXPECT_EQ(late.size(), 1u);
  EXPECT_EQ(late.lastText(), "error[\"bad\"]");
  EXPECT_TRUE(EventLog::sameLast(early, late));
  EXPECT_TRUE(early.beginningOf(late));
  EXPECT_FALSE(early == late);
}

TEST(EventLog, KeepsTheFirstLastWord) {
  EventLog log;
  log.last("error", "bad"), log.last("error", "worse");
  EXPECT_EQ(log.lastText(), "error[\"bad\"]");
  EXPECT_EQ(log.events(), 1u);
  log.clear();
  EXPECT_EQ(log.lastText(), "no last word");
}

TEST(EventLog, TakesALastWordForAnEventOfItsHook) {
  EventLog log;
  std::vector<std::string> seen;
  log.onReport([&](bool part) { seen.push_back(log.latest() + (part ? " part" : " event")); });
  log.event("line", "a"), log.last("error"), log.part("raw", "x"), log.last("error");
  EXPECT_EQ(seen, (std::vector<std::string>{"line[\"a\"] event", "error event", "raw[\"x\"] part"}));
}

TEST(EventLog, SaysHowMuchItLeavesOut) {
  EventLog log;
  log.event("a"), log.event("b"), log.event("c");
  EXPECT_EQ(log.text(1, 1), "b; and 1 more");
  EXPECT_EQ(log.text(3, 1), "nothing");
}

}  // namespace
}  // namespace teasel::props
