#include <teasel/fakes/trace/diagram.hpp>

#include <gtest/gtest.h>

#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;
using test::Recorder;
using test::Served;

TEST(Diagram, ShowsWhoSentWhatAndWhereItFailed) {
  Served served;
  served.does.onData = [&](Recorder& self, ByteView data) {
    self.transport().write(data);
    served.world.check(data.size() == 3, "three-bytes");
  };
  Play& play = served.world.play();
  play.send(0, "abc");
  play.advance(1500us);
  play.send(0, "\r\n");
  served.world.run();
  EXPECT_EQ(served.world.diagram({.lane = 28}),
            "t               peer                        host\n"
            "0 ns              |                           |   host listens on port 8000\n"
            "0 ns              |--- connect :8000 -------->|\n"
            "0 ns              |                           |   accepted\n"
            "0 ns              |--- \"abc\" ---------------->|\n"
            "0 ns              |<-- \"abc\" -----------------|\n"
            "0 ns              |                           |   time passes: 1.5 ms\n"
            "1.5 ms            |--- \"\\r\\n\" --------------->|\n"
            "1.5 ms            |                           |   <== FAIL\n"
            "1.5 ms            |<-- \"\\r\\n\" ----------------|\n"
            "FAIL three-bytes: the check failed (diagram_test.cpp:19)\n");
}

TEST(Diagram, ShowsOnlyTheLastEventsOfALongRun) {
  Served served;
  for (int i = 0; i < 50; ++i) served.world.play().advance(1s), served.world.play().send(0, "x");
  served.world.run();
  const std::string text = served.world.diagram({.events = 10});
  EXPECT_NE(text.find("earlier events"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 12);
}

TEST(Diagram, OfNothingSaysSo) { EXPECT_EQ(diagram(Trace(), {}), "(nothing was recorded)\n"); }

}  // namespace
}  // namespace teasel::fakes
