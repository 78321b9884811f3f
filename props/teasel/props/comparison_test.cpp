#include <teasel/props/comparison.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/fakes/play/shrink.hpp>
#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/c_parsers_test_kit.hpp>
#include <teasel/props/properties.hpp>

namespace teasel::props {
namespace {

using fakes::ReplayJob;
using fakes::ReplayOutcome;
using fakes::World;
using test::Jot;
using test::Refusal;
using test::Tag;

Subject jot(Refusal refusal) {
  return [refusal](Reactor&, EventLog& log) { return std::make_shared<Jot>(log, refusal); };
}
const Subject kTag = [](Reactor&, EventLog& log) { return std::make_shared<Tag>(log); };

TEASEL_SCENARIO(jot_events, "reports errors as events") {
  const Subject subject = jot(Refusal::kEvent);
  if (serve(world, subject)) chunkInvariance(world, subject);
}
TEASEL_SCENARIO(tag_served, "loses the chunk bc") {
  if (serve(world, kTag)) chunkInvariance(world, kTag);
}
TEASEL_SCENARIO(tag_alone, "loses the chunk bc; the world itself does not run") { chunkInvariance(world, kTag); }

Observed observed(CloseCause cause, const char* reason, const char* output = "") {
  Observed made;
  made.cause = cause;
  made.reason = reason;
  made.output = output;
  return made;
}

std::string aspect(const Observed& a, const Observed& b) {
  const auto found = difference(a, "bytewise", b, "whole");
  return found ? found->aspect : "";
}

/// What a world says of chunk invariance for these bytes of connection 0.
struct Verdicts : testing::Test {
  World world;
  std::string said(ByteView bytes, const Subject& subject, const Comparison& comparison = {}) {
    world.reset();
    world.play().clear();
    world.play().send(0, bytes);
    chunkInvariance(world, subject, comparison);
    return world.verdict() == nullptr ? "" : world.verdict()->fault() + " " + world.verdict()->message;
  }
};

TEST(Difference, SaysWhichSideClosedAndHow) {
  const Observed own = observed(CloseCause::kAbortConnection, "ConnectionAborted");
  const Observed peers = observed(CloseCause::kPeer, "ConnectionDone");
  const auto found = difference(own, "bytewise", peers, "whole");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text,
            "only bytewise delivery makes the protocol close: bytewise closes it by abortConnection (ConnectionAborted), whole "
            "leaves the end to the peer (ConnectionDone)");
  EXPECT_EQ(found->aspect, "close:abortConnection/peer");
}

TEST(Difference, OfACloseWithEqualReasonsIsNotTakenForOneOfTheOutput) {
  const Observed own = observed(CloseCause::kLoseConnection, "ConnectionDone");
  const auto found = difference(own, "bytewise", observed(CloseCause::kPeer, "ConnectionDone"), "whole");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text.find("output"), std::string::npos) << found->text;
  EXPECT_NE(found->text.find("bytewise closes it by loseConnection (ConnectionDone)"), std::string::npos) << found->text;
}

TEST(Difference, NamesTheReasonsOfTwoClosesOfTheProtocol) {
  EXPECT_EQ(aspect(observed(CloseCause::kLoseConnection, "ConnectionDone"), observed(CloseCause::kException, "Bang")),
            "reason:ConnectionDone/Bang");
}

TEST(Difference, NamesTheKindsOfTheReportsThatDiffer) {
  Observed a, b;
  a.log.event("text", "x"), b.log.event("text", "x");
  a.log.event("text", "y"), b.log.event("number", "7");
  EXPECT_EQ(aspect(a, b), "log:text/number");
  a.log.clear();
  EXPECT_EQ(aspect(a, b), "log:nothing/text");
}

TEST(Difference, LetsLogsBePrefixesBehindEqualLastWordsOnly) {
  Observed a, b;
  a.log.event("text", "x"), a.log.last("error", "bad"), b.log.last("error", "bad");
  EXPECT_EQ(aspect(a, b), "");
  Observed c;
  c.log.last("error", "worse");
  EXPECT_EQ(aspect(a, c), "last:error/error");
  EXPECT_EQ(aspect(a, Observed()), "last:error/nothing");
}

TEST(Difference, LeavesOutputOutIfItIsToldTo) {
  const Observed a = observed(CloseCause::kPeer, "ConnectionDone", "1"), b = observed(CloseCause::kPeer, "ConnectionDone", "2");
  EXPECT_EQ(aspect(a, b), "output");
  EXPECT_FALSE(difference(a, "bytewise", b, "whole", {.output = false}));
}

TEST_F(Verdicts, DifferOnRefusedInputWhereAnErrorIsAnEvent) {
  EXPECT_EQ(said("ab!", jot(Refusal::kEvent)),
            "chunk-invariance:log:text/error connection 0: after 0 equal reports, bytewise has text[\"ab\"]; error[\"not "
            "allowed\"], whole has error[\"not allowed\"]");
}

TEST_F(Verdicts, HoldOnRefusedInputWhereAnErrorIsALastWord) { EXPECT_EQ(said("ab!", jot(Refusal::kLast)), ""); }

TEST_F(Verdicts, FindTheLostCharacterBehindLastWords) {
  EXPECT_EQ(said("a\xC3\xA9z", jot(Refusal::kLast)),
            "chunk-invariance:log:text/text connection 0: after 0 equal reports, bytewise has text[\"az\"], whole has "
            "text[\"a\\xc3\\xa9z\"]");
}

TEST_F(Verdicts, LeaveOutInputThatWholeDeliveryRefusesIfToldTo) {
  const Subject closes = [](Reactor&, EventLog& log) {
    struct Closes : Protocol {
      explicit Closes(EventLog& l) : log(l) {}
      void dataReceived(ByteView data) override {
        log.event("chunk", data);
        if (data.text().ends_with('!')) transport().abortConnection();
      }
      EventLog& log;
    };
    return std::make_shared<Closes>(log);
  };
  EXPECT_NE(said("ab!", closes), "");
  EXPECT_EQ(said("ab!", closes, {.refused = false}), "");
  EXPECT_NE(said("ab", closes, {.refused = false}), "") << "what is not refused is compared";
}

TEST_F(Verdicts, DoNotDemandOutputIfToldNotTo) {
  const Subject counts = [](Reactor&, EventLog&) {
    struct Counts : Protocol {
      void dataReceived(ByteView data) override { transport().write(std::to_string(data.size())); }
    };
    return std::make_shared<Counts>();
  };
  EXPECT_NE(said("ab", counts), "");
  EXPECT_EQ(said("ab", counts, {.output = false}), "");
}

// The run as played, with the cuts that choices make.

ReplayJob jobOf(const char* scenario, ByteView bytes) {
  ReplayJob job;
  job.scenario = scenario;
  job.play.send(0, bytes);
  return job;
}

class AsDelivered : public testing::TestWithParam<const char*> {};

TEST_P(AsDelivered, IsNoFaultWithoutCuts) {
  fakes::Replayer replayer;
  EXPECT_TRUE(replayer.run(jobOf(GetParam(), "abcd")).ok());
}

TEST_P(AsDelivered, IsComparedForEveryCombinationOfCuts) {
  fakes::Replayer replayer;
  ReplayJob job = jobOf(GetParam(), "abcd");
  job.exhaust = {static_cast<std::uint16_t>(fakes::ChoiceSite::kCut)};
  const ReplayOutcome found = replayer.run(job);
  EXPECT_EQ(found.oracle, "chunk-invariance");
  EXPECT_TRUE(found.message.starts_with("connection 0: after 0 equal reports, as delivered has text[\"ad\"], whole has text"))
      << found.message;
  ReplayJob again = jobOf(GetParam(), "abcd");
  again.records = found.records;
  EXPECT_EQ(replayer.run(again).signature, found.signature) << "its choices alone show it";
}

TEST_P(AsDelivered, IsComparedForSeeds) {
  fakes::Replayer replayer;
  ReplayJob job = jobOf(GetParam(), "abcd");
  bool found = false;
  for (std::uint64_t seed = 0; seed < 200 && !found; ++seed) {
    job.seed = seed;
    found = replayer.run(job).oracle == "chunk-invariance";
  }
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, AsDelivered, testing::Values("tag_served", "tag_alone"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Signature, KeepsTheFaultWhileAFindingIsShrunk) {
  fakes::Replayer replayer;
  const auto signatureOf = [&](const fakes::Play& play, std::span<const fakes::ChoiceRecord> records) {
    ReplayJob job = jobOf("jot_events", "");
    job.play = play;
    job.records.assign(records.begin(), records.end());
    return replayer.run(job).signature;
  };
  // Of two faults the one on the first connection shows. The other one is the smaller.
  fakes::Play play;
  play.send(0, "some text and \xC3\xA9, a character"), play.send(1, "!");
  const std::string signature = signatureOf(play, {});
  EXPECT_TRUE(signature.starts_with("chunk-invariance:log:text/text at ")) << signature;
  const fakes::Shrunk shrunk = fakes::shrink(play, {}, signature, signatureOf);
  ASSERT_TRUE(shrunk.reproduced);
  EXPECT_EQ(signatureOf(shrunk.play, shrunk.records), signature);
  EXPECT_LE(shrunk.play.byteCount(), 4u);
}

}  // namespace
}  // namespace teasel::props
