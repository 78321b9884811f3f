#include <teasel/props/round_trip.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/protocols/line_receiver.hpp>
#include <teasel/protocols/netstring_receiver.hpp>

namespace teasel::props {
namespace {

using fakes::ChunkPlan;
using fakes::SimDriver;
using fakes::World;

const std::vector<std::string> kMessages = {"one", "", "two\r", std::string("\0\1", 2), std::string(300, 'x')};

/// What the framing cannot say is left out.
std::vector<std::string> allowed(const Codec& codec) {
  std::vector<std::string> messages;
  for (const std::string& each : kMessages)
    if (codec.allows(each)) messages.push_back(each);
  return messages;
}

TEST(RoundTrip, HoldsForEveryFramingThatShipsHoweverItIsCut) {
  for (const Codec& codec : shippedCodecs())
    for (const auto mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion})
      for (const ChunkPlan& plan : {ChunkPlan::whole(), ChunkPlan::bytewise(), ChunkPlan::every(3).finWithLast()})
        EXPECT_EQ(roundTripFailure(codec, allowed(codec), plan, mode), "");
}

TEST(RoundTrip, HoldsForEveryFramingBetweenHosts) {
  for (const Codec& codec : shippedCodecs()) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      World world;
      world.choices().usePrng(seed, fakes::Swarm::kOn);
      EXPECT_TRUE(roundTrip(world, codec, allowed(codec))) << codec.name << ", seed " << seed << ": " << world.verdict()->message;
      EXPECT_TRUE(world.finish()) << world.verdict()->message;
    }
  }
}

TEST(RoundTrip, TakesABeginningWhereTheNetworkBrokeTheConnection) {
  std::size_t broken = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    fakes::WorldOptions options;
    options.faults.reset = {1, 8};
    World world(options);
    world.choices().usePrng(seed);
    const Codec codec = shippedCodecs()[0];
    EXPECT_TRUE(roundTrip(world, codec, allowed(codec))) << seed << ": " << world.verdict()->message;
    for (const fakes::ChoiceRecord& record : world.choices().records())
      if (record.site == static_cast<std::uint16_t>(fakes::ChoiceSite::kFaultReset) && record.value != 0) {
        ++broken;
        break;
      }
  }
  EXPECT_GT(broken, 10u);
}

/// Its receiver forgets what it has when a chunk ends inside a frame.
class Forgetful : public NetstringReceiver {
 public:
  void dataReceived(ByteView data) override { NetstringReceiver::dataReceived(data[data.size() - 1] == ',' ? data : ByteView()); }
};
/// Its sender says the length in hexadecimal.
class Hexadecimal : public NetstringReceiver {
 public:
  void sendString(ByteView string) {
    char length[20];
    std::snprintf(length, sizeof length, "%zx", string.size());
    transport().write(std::string(length) + ":" + string.str() + ",");
  }
};

TEST(RoundTrip, FindsAReceiverThatLosesAFrameWhereItIsCut) {
  Codec codec = codecOf<Forgetful>("Forgetful");
  codec.longest = 100;
  const std::vector<std::string> messages = {"ab"};
  EXPECT_EQ(roundTripFailure(codec, messages, ChunkPlan::whole()), "");
  EXPECT_EQ(roundTripFailure(codec, messages, ChunkPlan::cutAt({2})),
            "Forgetful, cut by ChunkPlan::cutAt({2}), message 0 of 1: \"ab\" was sent, nothing received");
  bool found = false;
  for (std::uint64_t seed = 0; seed < 20 && !found; ++seed) {
    World world;
    world.choices().usePrng(seed);
    found = !roundTrip(world, codec, messages);
    EXPECT_EQ(found ? world.verdict()->oracle : "", found ? "round-trip" : "");
  }
  EXPECT_TRUE(found);
}

TEST(RoundTrip, FindsASenderThatDoesNotKeepToTheFormat) {
  Codec codec = codecOf<Hexadecimal>("Hexadecimal");
  codec.encoded = [](ByteView message) { return std::to_string(message.size()) + ':' + message.str() + ','; };
  EXPECT_EQ(roundTripFailure(codec, std::vector<std::string>{std::string(10, 'x')}, ChunkPlan::whole()),
            "Hexadecimal sends \"a:xxxxxxxxxx,\", its format is \"10:xxxxxxxxxx,\"");
}

TEST(RoundTrip, FindsAMessageTooMuch) {
  Codec codec = codecOf<NetstringReceiver>("twice");
  codec.send = [](Protocol& protocol, ByteView message) {
    for (int i = 0; i < 2; ++i) dynamic_cast<NetstringReceiver&>(protocol).sendString(message);
  };
  EXPECT_EQ(roundTripFailure(codec, std::vector<std::string>{"a"}, ChunkPlan::whole()),
            "twice, cut by ChunkPlan::whole(), message 1 of 1: nothing was sent, message[\"a\"] received");
  World world;
  EXPECT_FALSE(roundTrip(world, codec, std::vector<std::string>{"a"}));
}

TEST(RoundTrip, AllowsOnlyWhatTheDelimiterEndsWhereItShould) {
  EXPECT_TRUE(separable("a\r", "\r\n"));
  EXPECT_FALSE(separable("a\r\nb", "\r\n"));
  EXPECT_FALSE(separable("xa", "aa"));
  EXPECT_TRUE(separable("anything", ""));
}

TEST(RoundTrip, TakesTheSendsOfAPlayForMessages) {
  fakes::Play play;
  play.send(0, "a\r\nb"), play.cut(0), play.send(0, "c"), play.endOfStream(0), play.send(1, "d");
  EXPECT_EQ(messagesOf(play, shippedCodecs()[0]), (std::vector<std::string>{"c", "d"}));
}

}  // namespace
}  // namespace teasel::props
