#include <teasel/rapidcheck/round_trip.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <teasel/fakes/scenario.hpp>
#include <teasel/protocols/line_only_receiver.hpp>
#include <teasel/rapidcheck/check.hpp>

namespace teasel::rapidcheck {
namespace {

const props::Framing& shipped(std::size_t index) {
  static const std::vector<props::Framing> all = props::shippedFramings();
  return all.at(index);
}

// Cut by the test, through StringTransports.
RC_GTEST_PROP(RoundTrip, HoldsForLineReceiver, ()) { roundTrip(shipped(0)); }
RC_GTEST_PROP(RoundTrip, HoldsForLineOnlyReceiver, ()) { roundTrip(shipped(1)); }
RC_GTEST_PROP(RoundTrip, HoldsForNetstringReceiver, ()) { roundTrip(shipped(2)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt8StringReceiver, ()) { roundTrip(shipped(3)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt16StringReceiver, ()) { roundTrip(shipped(4)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt32StringReceiver, ()) { roundTrip(shipped(5)); }

RC_GTEST_PROP(RoundTrip, HoldsForLinesWithADelimiterThatOverlapsItself, ()) {
  props::Framing framing = props::framingOf<LineOnlyReceiver>("LineOnlyReceiver", std::string("aba"), std::size_t{40});
  framing.delimiter = "aba";
  framing.longest = 40;
  roundTrip(framing);
}

// Cut by the world, between two hosts; every send of the Play is a message.
constexpr std::string_view kWords[] = {"\r", "\n", ":", ",", "0", "12:", std::string_view("\0\0\0\1", 4)};
fakes::ScenarioOptions options() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.world.faults.windows = true;
  options.world.faults.reset = {1, 64};
  return options;
}
void between(fakes::World& world, std::size_t framing) {
  props::roundTrip(world, shipped(framing), props::messagesOf(world.play(), shipped(framing)));
}
TEASEL_SCENARIO(roundTripLineReceiver, "lines survive the network", options()) { between(world, 0); }
TEASEL_SCENARIO(roundTripLineOnlyReceiver, "lines survive the network", options()) { between(world, 1); }
TEASEL_SCENARIO(roundTripNetstringReceiver, "netstrings survive the network", options()) { between(world, 2); }
TEASEL_SCENARIO(roundTripInt8StringReceiver, "strings survive the network", options()) { between(world, 3); }
TEASEL_SCENARIO(roundTripInt16StringReceiver, "strings survive the network", options()) { between(world, 4); }
TEASEL_SCENARIO(roundTripInt32StringReceiver, "strings survive the network", options()) { between(world, 5); }

TEST(RoundTrip, HoldsForEveryFramingBetweenHosts) {
  for (const char* scenario : {"roundTripLineReceiver", "roundTripLineOnlyReceiver", "roundTripNetstringReceiver",
                               "roundTripInt8StringReceiver", "roundTripInt16StringReceiver", "roundTripInt32StringReceiver"}) {
    const CheckResult result = checkScenario(scenario, {.params = "max_success=300"});
    EXPECT_TRUE(result) << result.text;
  }
}

}  // namespace
}  // namespace teasel::rapidcheck
