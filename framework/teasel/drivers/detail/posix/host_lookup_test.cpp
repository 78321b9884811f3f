#include <teasel/drivers/detail/posix/host_lookup.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include <teasel/core/errors.hpp>

namespace teasel::posix {
namespace {

TEST(HostLookup, LocalhostIsALoopbackAddress) {
  const std::vector<Address> addresses = lookUpHost("localhost");
  ASSERT_FALSE(addresses.empty());
  for (const Address& each : addresses) {
    const bool loopback = each.family() == Address::Family::kIPv4 ? each.bytes()[0] == 127 : each.host() == "::1";
    EXPECT_TRUE(loopback) << each;
  }
}

TEST(HostLookup, ANameThatDoesNotExistIsALookupErrorThatNamesIt) {
  try {
    lookUpHost("no-such-name.invalid");
    FAIL() << "it was resolved";
  } catch (const DNSLookupError& error) {
    EXPECT_NE(std::string(error.what()).find("no-such-name.invalid"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace teasel::posix
