#include <teasel/gtest/script.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::gtest {
namespace {

class Greeter final : public Protocol {
 public:
  void connectionMade() override { transport().write("hello\r\n"); }
};

TEST(Plays, SucceedsWhenEveryRowDoesWhatItSays) {
  fakes::StringTransport wire(std::make_shared<Greeter>());
  fakes::Script script(wire);
  script.expectLine("hello");
  EXPECT_TRUE(plays(script));
}

TEST(Plays, FailsWithTheMessageOfTheScript) {
  const fakes::LeakCapture leaks;
  fakes::StringTransport wire(std::make_shared<Greeter>());
  fakes::Script script(wire, {.name = "far"});
  script.expectLine("good day");
  const testing::AssertionResult result = plays(script);
  EXPECT_FALSE(result);
  EXPECT_EQ(std::string(result.message()).substr(0, 39), "\nscript \"far\" stopped at row 1 of 1:\n  r");
}

}  // namespace
}  // namespace teasel::gtest
