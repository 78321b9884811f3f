#include "soak.hpp"

#include <ostream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// A short soak with a planted fault: each check of the soak must be able to fail.
namespace teasel::soak {
namespace {

using ::testing::HasSubstr;

struct Planted {
  Fault fault;
  const char* finding;  ///< a part of what must be found
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.finding; }

Options shortSoak() {
  Options options;
  options.driver = "poll";
  options.connections = 160;
  options.seed = 4;
  return options;
}

std::string all(const Result& result) {
  std::string text;
  for (const Finding& finding : result.findings) text += finding.what + "\n";
  return text;
}

class SoakFault : public ::testing::TestWithParam<Planted> {};

TEST_P(SoakFault, IsFound) {
  Options options = shortSoak();
  options.fault = GetParam().fault;
  options.standstill = 3;
  std::ostringstream said;
  const Result result = run(options, said);
  EXPECT_THAT(all(result), HasSubstr(GetParam().finding));
}

INSTANTIATE_TEST_SUITE_P(Planted, SoakFault,
                         ::testing::Values(Planted{Fault::kFlip, "is not what was sent there"},
                                           Planted{Fault::kDropAtCut, "is not what was sent there"},
                                           Planted{Fault::kShort, "heard a clean end of the stream after"},
                                           Planted{Fault::kLostTwice, "connectionLost came twice"},
                                           Planted{Fault::kMadeTwice, "connectionMade came twice"},
                                           Planted{Fault::kStuck, "it stands still: the server has written 0 of"},
                                           Planted{Fault::kLeakConnection,
                                                   "the client at rest has 2 resources where 0 belong:\n    connector to 127.0."},
                                           Planted{Fault::kLeakDescriptor, "descriptors are open at rest"},
                                           Planted{Fault::kLeakTimer, "timers; the first is of end.cpp"},
                                           Planted{Fault::kLeakMemory, "memory grows"}),
                         [](const auto& test) {
                           std::string name;
                           for (const char letter : kFaultNames[static_cast<int>(test.param.fault)].name)
                             if (letter != '-') name += letter;
                           return name;
                         });

TEST(Soak, OfNothingPlantedIsClean) {
  std::ostringstream said;
  const Result result = run(shortSoak(), said);
  EXPECT_EQ(result.findingsInAll, 0U) << all(result);
  EXPECT_EQ(result.connections, 160U);
  EXPECT_GT(result.bytes, 0U);
  EXPECT_GT(result.resets, 0U);
  EXPECT_GT(result.halfCloses, 0U);
  EXPECT_GT(result.aborts, 0U);
}

TEST(Soak, OfOneConnectionRepeatsItsPlan) {
  Options options = shortSoak();
  options.connections = 40;
  const auto ends = [&] { return makePlan(options.seed, *options.only); };
  // One that ends in good order on both sides.
  for (options.only = 0; !ends().client.polite() || !ends().server.polite();) ++*options.only;
  std::ostringstream said;
  const Result result = run(options, said);
  EXPECT_EQ(result.findingsInAll, 0U) << all(result);
  EXPECT_EQ(result.aborts, 0U);
}

}  // namespace
}  // namespace teasel::soak
