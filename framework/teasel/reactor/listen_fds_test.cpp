#include <teasel/reactor/listen_fds.hpp>

#include <gtest/gtest.h>

#include <string>

namespace teasel {
namespace {

using Maybe = std::optional<std::string_view>;

TEST(ListenFds, AreTheDescriptorsFromThreeOnWithTheirNames) {
  const ListenFDs fds("100", "2", "web:admin", 100);
  EXPECT_EQ(fds.inheritedDescriptors(), (std::vector{3, 4}));
  EXPECT_EQ(fds.named("admin"), 4);
  EXPECT_EQ(fds.named("mail"), std::nullopt);
  EXPECT_EQ(fds.why(), "");
}

TEST(ListenFds, AreCalledUnknownWithoutNames) {
  const ListenFDs fds("100", "1", std::nullopt, 100);
  ASSERT_EQ(fds.sockets().size(), 1u);
  EXPECT_EQ(fds.sockets()[0].name, "unknown");
}

TEST(ListenFds, OfOneNameGiveTheFirst) { EXPECT_EQ(ListenFDs("7", "2", "web:web", 7).named("web"), 3); }

TEST(ListenFds, AreNoneAndSayWhyWhereTheEnvironmentMakesNoSense) {
  struct Case {
    Maybe pid, fds, names;
    std::string why;
  };
  const Case cases[] = {
      {std::nullopt, "1", std::nullopt, "LISTEN_PID is not set"},
      {"100", std::nullopt, std::nullopt, "LISTEN_FDS is not set"},
      {"99", "1", "web", "LISTEN_PID is 99, and this process is 100"},
      {"", "1", "web", "LISTEN_PID is \"\", which is no number"},
      {"100x", "1", "web", "LISTEN_PID is \"100x\", which is no number"},
      {"100", "0", "", "LISTEN_FDS is 0"},
      {"100", "-1", "", "LISTEN_FDS is \"-1\", which is no number from 0 to 1024"},
      {"100", "+1", "", "LISTEN_FDS is \"+1\", which is no number from 0 to 1024"},
      {"100", "1025", "", "LISTEN_FDS is \"1025\", which is no number from 0 to 1024"},
      {"100", "99999999999999999999", "", "LISTEN_FDS is \"99999999999999999999\", which is no number from 0 to 1024"},
      {"100", "2", "web", "LISTEN_FDNAMES has 1 names for 2 sockets"},
      {"100", "1", "web:", "LISTEN_FDNAMES has 2 names for 1 sockets"},
  };
  for (const Case& each : cases) {
    const ListenFDs fds(each.pid, each.fds, each.names, 100);
    EXPECT_TRUE(fds.sockets().empty()) << each.why;
    EXPECT_EQ(fds.why(), each.why);
  }
}

}  // namespace
}  // namespace teasel
