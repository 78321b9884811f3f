#include <teasel/fuzz/engine.hpp>

#include <gtest/gtest.h>

#include <teasel/fakes/program/detail/corpus.hpp>

#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::fuzz {
namespace {

/// Repeats every line, and fails at two words.
class Echo : public LineReceiver {
 public:
  explicit Echo(fakes::World& world) : world_(world) {}
  void lineReceived(std::string_view line) override {
    world_.check(line != "bad", "bad-word");
    world_.check(line != "worse", "worse-word");
    sendLine(line);
  }

 private:
  fakes::World& world_;
};

class EchoFactory : public Factory {
 public:
  explicit EchoFactory(fakes::World& world) : world_(world) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Echo>(world_); }

 private:
  fakes::World& world_;
};

TEASEL_SCENARIO(echo, "says every line again") {
  world.host().reactor().listenTCP(7, std::make_shared<EchoFactory>(world));
  world.run();
}

const fakes::Scenario& echo() { return *fakes::findScenario("echo"); }

TEST(FuzzEngine, TakesRawBytesForWhatTheFirstConnectionSends) {
  Engine engine(echo());
  EXPECT_EQ(engine.run("hello\r\n"), InputOutcome::kQuiet);
  EXPECT_EQ(engine.world().peer(0).received(), ByteView("hello\r\n"));
}

TEST(FuzzEngine, TakesEscapesForEvents) {
  Engine engine(echo());
  engine.run("one\xF5\x02\r\n\xF5\x01\x01two\r\n");
  EXPECT_EQ(engine.world().peer(0).received(), ByteView("one\r\n"));
  EXPECT_EQ(engine.world().peer(1).received(), ByteView("two\r\n"));
}

TEST(FuzzEngine, RunsTheEmptyInput) {
  Engine engine(echo());
  EXPECT_EQ(engine.run(ByteView()), InputOutcome::kQuiet);
}

TEST(FuzzEngine, GivesAVerdictAsAFindingWithItsTape) {
  Engine engine(echo(), {.target = "echo_program", .ignored = {}, .trace = fakes::Trace::Mode::kOff});
  ASSERT_EQ(engine.run("bad\r\n"), InputOutcome::kFinding);
  const fakes::Tape tape = engine.tape();
  EXPECT_EQ(tape.target, "echo_program");
  EXPECT_EQ(tape.scenario, "echo");
  EXPECT_EQ(tape.oracle, "bad-word");
  EXPECT_EQ(fakes::encode(tape.play, tape.records, fakes::codecOf(echo())), "bad\r\n");
}

TEST(FuzzEngine, PassesOverIgnoredOraclesAndNoOthers) {
  Engine engine(echo(), {.target = "", .ignored = {"bad-word"}, .trace = fakes::Trace::Mode::kOff});
  EXPECT_EQ(engine.run("bad\r\n"), InputOutcome::kIgnored);
  EXPECT_EQ(engine.run("worse\r\n"), InputOutcome::kFinding);
}

/// Two faults that one oracle finds.
TEASEL_SCENARIO(two_faults, "finds digits and capitals") {
  for (const char c : world.play().events().empty() ? ByteView() : world.play().bytes(world.play().events().back())) {
    if (c >= '0' && c <= '9') world.fail("odd", "a digit", Site::here(), "digit, of ten");
    if (c >= 'A' && c <= 'Z') world.fail("odd", "a capital", Site::here(), "capital");
  }
}

TEST(FuzzEngine, PassesOverOneFaultOfAnOracleAndNotTheOthers) {
  const fakes::Scenario& scenario = *fakes::findScenario("two_faults");
  Engine engine(scenario, {.target = "", .ignored = {"odd:capital"}, .trace = fakes::Trace::Mode::kOff});
  EXPECT_EQ(engine.run("A"), InputOutcome::kIgnored);
  ASSERT_EQ(engine.run("1"), InputOutcome::kFinding);
  EXPECT_EQ(engine.world().verdict()->fault(), "odd:digit--of-ten") << "a fault is one word, without commas";
  Engine all(scenario, {.target = "", .ignored = {"odd"}, .trace = fakes::Trace::Mode::kOff});
  EXPECT_EQ(all.run("1"), InputOutcome::kIgnored);
}

TEST(FuzzEngine, LeavesNothingOfOneInputToTheNext) {
  const EngineOptions hashing{.target = "", .ignored = {}, .trace = fakes::Trace::Mode::kHash};
  Engine engine(echo(), hashing);
  const std::string_view inputs[] = {"", "a\r\nb\r\n", "bad\r\n", "x\xF5\x04", "\xF5\x05\x09late\r\n"};
  std::vector<std::uint64_t> hashes;
  for (const std::string_view input : inputs) {
    Engine fresh(echo(), hashing);
    fresh.run(input);
    hashes.push_back(fresh.world().trace().hash());
    EXPECT_NE(hashes.back(), 0u);
  }
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < std::size(inputs); ++i) {
      engine.run(inputs[i]);
      EXPECT_EQ(engine.world().trace().hash(), hashes[i]) << "input " << i << ", round " << round;
    }
}

}  // namespace
}  // namespace teasel::fuzz
