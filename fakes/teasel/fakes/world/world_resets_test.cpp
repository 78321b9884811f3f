#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

// What a world draws about a reset that meets bytes which nobody has read yet, and what it did in
// runs of version 1. The table of resets (fakes/contract) says what a calm world does.

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;

ChoiceRecord drawOf(ChoiceSite site, std::uint64_t value) {
  return {kPlayEntities + 1, static_cast<std::uint16_t>(site), 0, 2, value};
}

/// A connection that pauses at its first bytes. Then more bytes come, and a reset.
class Paused : public Served {
 public:
  Paused(SimDriver::Mode mode, unsigned version, const std::vector<ChoiceRecord>& records) : Served(WorldOptions{.mode = mode}) {
    world.play().setVersion(version);
    if (!records.empty()) world.choices().useRecords(records);
    does.onData = [this](Recorder& self, ByteView) { (transport = &self.transport())->pauseProducing(); };
    world.connect(0).send("a");
    world.settle();
    does.onData = nullptr;
    peer().send("held");
    peer().reset();
    world.settle();
  }
  std::string resumed() {
    transport->resumeProducing();
    world.settle();
    return log.text();
  }
  Transport* transport = nullptr;
};

TEST(WorldResets, APausedConnectionIsToldOfAResetOnResumeBehindTheBytesUnlessAnotherOrderIsDrawn) {
  const std::vector<ChoiceRecord> atOnce{drawOf(ChoiceSite::kResetWhilePaused, 1)};
  for (const SimDriver::Mode mode : {SimDriver::Mode::kReadiness, SimDriver::Mode::kCompletion}) {
    Paused calm(mode, kCodecVersion, {});
    EXPECT_EQ(calm.log.text(), "made got:a");
    EXPECT_EQ(calm.resumed(), "made got:a got:held lost:ConnectionLost");
  }
  EXPECT_EQ(Paused(SimDriver::Mode::kReadiness, kCodecVersion, atOnce).log.text(), "made got:a lost:ConnectionLost");
  EXPECT_EQ(Paused(SimDriver::Mode::kCompletion, kCodecVersion, atOnce).log.text(), "made got:a")
      << "a completion already holds its bytes";
}

TEST(WorldResets, AResetMayOvertakeBytesWhereThatIsDrawn) {
  const std::vector<ChoiceRecord> overtaking{drawOf(ChoiceSite::kResetOrder, 1)};
  Paused readiness(SimDriver::Mode::kReadiness, kCodecVersion, overtaking);
  EXPECT_EQ(readiness.resumed(), "made got:a lost:ConnectionLost");
  Paused completion(SimDriver::Mode::kCompletion, kCodecVersion, overtaking);
  EXPECT_EQ(completion.resumed(), "made got:a got:held lost:ConnectionLost");
}

TEST(WorldResets, AReaderMayLoseBytesToAResetOnlyWhereThatIsDrawn) {
  for (const std::uint64_t value : {0u, 1u}) {
    const std::vector<ChoiceRecord> order{drawOf(ChoiceSite::kResetOrder, value)};
    Served it;
    it.world.choices().useRecords(order);
    it.world.connect(0);
    it.world.settle();
    it.peer().send("last words");
    it.peer().reset();
    it.world.settle();
    EXPECT_EQ(it.log.text(), value == 0 ? "made got:last words lost:ConnectionLost" : "made lost:ConnectionLost");
  }
}

TEST(WorldResets, InARunOfVersionOneAPausedConnectionIsToldAtOnceUnlessTheOldSiteSaysOtherwise) {
  const std::vector<ChoiceRecord> later{drawOf(ChoiceSite::kPausedReset, 1)};
  EXPECT_EQ(Paused(SimDriver::Mode::kReadiness, 1, {}).log.text(), "made got:a lost:ConnectionLost");
  Paused told(SimDriver::Mode::kReadiness, 1, later);
  EXPECT_EQ(told.log.text(), "made got:a");
  EXPECT_EQ(told.resumed(), "made got:a got:held lost:ConnectionLost");
  EXPECT_EQ(Paused(SimDriver::Mode::kCompletion, 1, {}).log.text(), "made got:a");
}

// Tapes and fuzzer inputs of both versions --------------------------------------------------------

/// Pauses at its first bytes for a second. Its peer resets meanwhile.
class Pausing final : public Protocol {
 public:
  explicit Pausing(Reactor* reactor) : reactor_(reactor) {}
  void dataReceived(ByteView data) override {
    transport().write(data);
    if (resume_.active()) return;
    transport().pauseProducing();
    resume_ = reactor_->callLater(1s, [this] { transport().resumeProducing(); });
  }
  void connectionLost(const Failure&) override {
    if (resume_.active()) resume_.cancel();
  }

 private:
  Reactor* reactor_;
  DelayedCall resume_;
};

struct Replayed {
  std::uint64_t hash;
  std::size_t delivered;  ///< bytes
};

Replayed replayed(const Play& play, std::span<const ChoiceRecord> records) {
  World world;
  world.play() = play;
  world.choices().useRecords(records);
  auto factory = Factory::forProtocol<Pausing>(&world.host().reactor());
  factory->noisy = false;
  world.host().reactor().listenTCP(1, factory);
  EXPECT_TRUE(world.run()) << world.verdict()->message;
  Replayed out{world.trace().hash(), 0};
  for (const TraceEvent& event : world.trace().events())
    if (event.kind == TraceKind::kArrive) out.delivered += world.trace().bytes(event).size();
  return out;
}

constexpr std::string_view kEvents = "connect 0\nsend 0 \"first\"\nadvance 1ms\nsend 0 \"second\"\nadvance 1ms\nreset 0\n";

Tape tapeOf(const std::string& header, const std::string& choices = "") {
  return Tape::parse("teasel tape 1\n" + header + "\n" + std::string(kEvents) + choices);
}

/// The hashes are those of the revision before version 2.
TEST(WorldVersions, ATapeOfVersionOneGivesItsOldHash) {
  const Tape calm = tapeOf(""), later = tapeOf("", "choice pausedReset 257 0 = 1 of 2\n");
  EXPECT_EQ(replayed(calm.play, calm.records).hash, 0x9b99f686a915065dU);
  EXPECT_EQ(replayed(calm.play, calm.records).delivered, 5u);
  EXPECT_EQ(replayed(later.play, later.records).hash, 0x2107296472a5e5d7U);
  EXPECT_EQ(replayed(later.play, later.records).delivered, 11u);
}

TEST(WorldVersions, ATapeOfVersionTwoIsPerformedByTheNewRule) {
  const Tape calm = tapeOf("version: 2\n"), atOnce = tapeOf("version: 2\n", "choice resetWhilePaused 257 0 = 1 of 2\n");
  EXPECT_EQ(replayed(calm.play, calm.records).delivered, 11u);
  EXPECT_EQ(replayed(atOnce.play, atOnce.records).delivered, 5u);
}

TEST(WorldVersions, FuzzerBytesGiveTheRunOfTheTapeOfTheirVersion) {
  for (const char* header : {"", "version: 2\n"}) {
    const Tape tape = tapeOf(header);
    Play play;
    std::vector<ChoiceRecord> records;
    decode(encode(tape.play, tape.records), {}, play, records);
    EXPECT_EQ(play.version(), tape.play.version());
    EXPECT_EQ(replayed(play, records).hash, replayed(tape.play, tape.records).hash) << header;
  }
  EXPECT_NE(replayed(tapeOf("").play, {}).hash, replayed(tapeOf("version: 2\n").play, {}).hash);
}

}  // namespace
}  // namespace teasel::fakes
