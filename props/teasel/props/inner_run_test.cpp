// A crash in a run that a property makes by itself.

#include <cstdlib>
#include <memory>

#include <gmock/gmock.h>

#include <teasel/fakes/program/detail/serve.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>

namespace teasel::props {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Dies of a chunk that is a lone b.
struct Fragile : Protocol {
  void dataReceived(ByteView data) override {
    if (data == ByteView("b")) std::abort();
  }
};

TEASEL_SCENARIO(diesBytewise, "crashes when its input comes byte by byte") {
  const Subject fragile = [](Reactor&, EventLog&) { return std::make_shared<Fragile>(); };
  if (serve(world, fragile)) chunkInvariance(world, fragile);
}

fakes::ReplayOutcome crash(bool diagram) {
  fakes::ReplayJob job;
  job.scenario = "diesBytewise";
  job.play.send(0, "ab");
  job.diagram = diagram;
  return fakes::ForkedRunner().run(job);
}

TEST(InnerRun, ACrashInARunOfAPropertyNamesThePropertyAndTheDelivery) {
  const fakes::ReplayOutcome outcome = crash(true);
  EXPECT_EQ(outcome.oracle, "crash: SIGABRT");
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("of the property chunk-invariance, in which the input is delivered bytewise"),
                                     HasSubstr("user code was last told of bytes delivered: dataReceived")));
}

TEST(InnerRun, ACrashInARunOfAPropertyIsDrawnAsThatRun) {
  const std::string diagram = crash(true).diagram;
  EXPECT_THAT(diagram, AllOf(HasSubstr("--- \"a\" ---"), HasSubstr("--- \"b\" ---"), Not(HasSubstr("--- \"ab\" ---"))));
}

TEST(InnerRun, NothingIsDrawnWhenNobodyAsksForADiagram) { EXPECT_EQ(crash(false).diagram, ""); }

}  // namespace
}  // namespace teasel::props
