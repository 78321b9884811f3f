#include <teasel/gtest/script.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

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
  EXPECT_TRUE(std::string_view(result.message()).starts_with("\nscript \"far\" stopped at row 1 of 1:\n  r")) << result.message();
}

}  // namespace
}  // namespace teasel::gtest
