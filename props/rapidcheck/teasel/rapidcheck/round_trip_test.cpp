#include <teasel/rapidcheck/round_trip.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <teasel/fakes/program/replay.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocols/line_only_receiver.hpp>
#include <teasel/protocols/stateful_protocol.hpp>
#include <teasel/rapidcheck/check.hpp>

namespace teasel::rapidcheck {
namespace {

const props::Codec& shipped(std::size_t index) {
  static const std::vector<props::Codec> all = props::shippedCodecs();
  return all.at(index);
}

/// Strings after their length in three bytes, low byte first, read by states. An empty string has
/// no state for its bytes.
class Stated : public StatefulProtocol {
 public:
  explicit Stated(std::size_t longest) : StatefulProtocol(longest) {}
  virtual void stringReceived(ByteView string) = 0;
  void sendString(ByteView string) {
    transport().write(lengthOf(string));
    transport().write(string);
  }
  static std::string lengthOf(ByteView string) {
    std::string length;
    for (std::size_t left = string.size(); length.size() < 3; left >>= 8) length += static_cast<char>(left & 0xff);
    return length;
  }

 protected:
  State getInitialState() final { return {&Stated::length, 3}; }

 private:
  State length(ByteView bytes) {
    std::size_t size = 0;
    for (std::size_t at = 3; at-- > 0;) size = size << 8 | static_cast<unsigned char>(bytes[at]);
    if (size > 0) return {&Stated::body, size};
    stringReceived({});
    return {};
  }
  State body(ByteView bytes) {
    stringReceived(bytes);
    return {&Stated::length, 3};
  }
};

const props::Codec& stated() {
  static const props::Codec codec = [] {
    props::Codec made = props::codecOf<Stated>("StatefulProtocol", std::size_t{300});
    made.longest = 300;
    made.encoded = [](ByteView message) { return Stated::lengthOf(message) + message.str(); };
    return made;
  }();
  return codec;
}

// The test cuts the bytes, through StringTransports.
RC_GTEST_PROP(RoundTrip, HoldsForLineReceiver, ()) { roundTrip(shipped(0)); }
RC_GTEST_PROP(RoundTrip, HoldsForLineOnlyReceiver, ()) { roundTrip(shipped(1)); }
RC_GTEST_PROP(RoundTrip, HoldsForNetstringReceiver, ()) { roundTrip(shipped(2)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt8StringReceiver, ()) { roundTrip(shipped(3)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt16StringReceiver, ()) { roundTrip(shipped(4)); }
RC_GTEST_PROP(RoundTrip, HoldsForInt32StringReceiver, ()) { roundTrip(shipped(5)); }
RC_GTEST_PROP(RoundTrip, HoldsForAStatefulProtocol, ()) { roundTrip(stated()); }

RC_GTEST_PROP(RoundTrip, HoldsForLinesWithADelimiterThatOverlapsItself, ()) {
  props::Codec codec = props::codecOf<LineOnlyReceiver>("LineOnlyReceiver", std::string("aba"), std::size_t{40});
  codec.delimiter = "aba";
  codec.longest = 40;
  roundTrip(codec);
}

// The world cuts the bytes, between two hosts. Every send of the Play is a message.
constexpr std::string_view kWords[] = {"\r", "\n", ":", ",", "0", "12:", std::string_view("\0\0\0\1", 4)};
fakes::ScenarioOptions options() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.world.faults.windows = true;
  options.world.faults.reset = {1, 64};
  return options;
}
void between(fakes::World& world, const props::Codec& codec) {
  props::roundTrip(world, codec, props::messagesOf(world.play(), codec));
}
void between(fakes::World& world, std::size_t codec) { between(world, shipped(codec)); }
TEASEL_SCENARIO(roundTripLineReceiver, "lines survive the network", options()) { between(world, 0); }
TEASEL_SCENARIO(roundTripLineOnlyReceiver, "lines survive the network", options()) { between(world, 1); }
TEASEL_SCENARIO(roundTripNetstringReceiver, "netstrings survive the network", options()) { between(world, 2); }
TEASEL_SCENARIO(roundTripInt8StringReceiver, "strings survive the network", options()) { between(world, 3); }
TEASEL_SCENARIO(roundTripInt16StringReceiver, "strings survive the network", options()) { between(world, 4); }
TEASEL_SCENARIO(roundTripInt32StringReceiver, "strings survive the network", options()) { between(world, 5); }
TEASEL_SCENARIO(roundTripStatefulProtocol, "strings survive the network", options()) { between(world, stated()); }

TEST(RoundTrip, HoldsForEveryFramingBetweenHosts) {
  for (const char* scenario :
       {"roundTripLineReceiver", "roundTripLineOnlyReceiver", "roundTripNetstringReceiver", "roundTripInt8StringReceiver",
        "roundTripInt16StringReceiver", "roundTripInt32StringReceiver", "roundTripStatefulProtocol"}) {
    const CheckResult result = checkScenario(scenario, {.params = "max_success=300"});
    EXPECT_TRUE(result) << result.text;
  }
}

TEST(RoundTrip, EndsWhereAClientGaveUpBehindALinkThatBroke) {
  fakes::Play play;
  play.setVersion(2);
  play.connect(0);
  play.send(0, "a");
  const std::vector<fakes::ChoiceRecord> choices = {
      {7, 41, 0, 2, 1},     // faultKind of entity 7, draw 0: partition
      {4096, 14, 0, 8, 7},  // window of entity 4096, draw 0: 7
      {4096, 27, 0, 2, 1},  // faultPartition of entity 4096, draw 0: 1
      {4096, 27, 2, 2, 1},  // faultPartition of entity 4096, draw 2: 1
      {4096, 28, 1, 8, 7},  // partitionTime of entity 4096, draw 1: 1000 s
  };
  EXPECT_EQ(fakes::replayFailure("roundTripLineReceiver", play, choices), "");
}

}  // namespace
}  // namespace teasel::rapidcheck
