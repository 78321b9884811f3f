#include <gtest/gtest.h>

#include <sstream>

#include <examples/generators.hpp>
#include <examples/inline_callbacks.hpp>
#include <examples/page_download.hpp>
#include <examples/page_list.hpp>
#include <teasel/fakes/fake_clock.hpp>
#include <teasel/fakes/world/world.hpp>

// The examples of Deferreds and coroutines, in virtual time.

namespace teasel::examples {
namespace {

using namespace std::chrono_literals;

/// Runs the download in a world, and returns what it prints. The download must stop the reactor.
std::string downloaded(Trouble trouble) {
  std::ostringstream out;
  fakes::World world;
  world.allow<std::runtime_error>();
  Reactor& reactor = world.host().reactor();
  downloadPage(reactor, out, trouble);
  EXPECT_TRUE(world.runUntil([&] { return !reactor.running() || reactor.stopRequested(); }));
  EXPECT_EQ(world.verdict(), nullptr);
  return out.str();
}

TEST(PageDownload, GoesAlongTheCallbacks) {
  EXPECT_EQ(downloaded(Trouble::kNone), "going to download www.example.com\nsaving <html>www.example.com</html>\nall done\n");
}

TEST(PageDownload, AnErrbackThatHandlesTheFailureLeadsBackToTheCallbacks) {
  EXPECT_EQ(downloaded(Trouble::kUnreachable), "the download failed: no such host\nsaving a page that says sorry\nall done\n");
}

TEST(PageDownload, AFailureOfTheFirstCallbackPassesByItsOwnErrbackAndTheNextCallback) {
  EXPECT_EQ(downloaded(Trouble::kBroken), "going to download www.example.com\nnot saved: the connection broke off\n");
}

TEST(PageList, GivesResultsAndFailuresInTheOrderOfAsking) {
  std::ostringstream out;
  fakes::FakeClock clock;
  bool over = false;
  Deferred<void> all = fetchPages(clock, out, {"one", "nowhere", "three"});
  all.addCallback([&] { over = true; });
  clock.advance(2s);
  EXPECT_EQ(out.str(), "arrived: <three>\n");
  EXPECT_FALSE(over);
  clock.advance(1s);
  EXPECT_TRUE(over);
  EXPECT_EQ(out.str(), "arrived: <three>\narrived: <one>\n(true, <one>)\n(false, nowhere does not exist)\n(true, <three>)\n");
}

TEST(InlineCallbacks, WaitFiveSecondsForAResultAndFiveForAFailure) {
  std::ostringstream out;
  fakes::FakeClock clock;
  int result = 0;
  myCallbacks(clock, out, 5s).addCallback([&](int value) { return result = value; });
  EXPECT_EQ(out.str(), "first callback\nsecond callback got 1\n");
  clock.advance(4999ms);
  EXPECT_EQ(out.str(), "first callback\nsecond callback got 1\n");
  clock.advance(1ms);
  EXPECT_EQ(out.str(), "first callback\nsecond callback got 1\nthird callback got 2\n");
  clock.advance(5s);
  EXPECT_EQ(out.str(), "first callback\nsecond callback got 1\nthird callback got 2\nfourth callback got runtime_error(3)\n");
  EXPECT_EQ(result, 2);
}

TEST(Generators, HandNumbersOutAndTakeValuesAndAnErrorIn) {
  std::ostringstream out;
  drive(out);
  EXPECT_EQ(out.str(),
            "starting up\n1 from yield\ngot: 10\n2 from yield\ngot: 20\n3 from yield\nmalfunction!\n4 from yield\ndone\n");
}

TEST(Generators, TakeTheResultsOfFunctionsIn) {
  std::ostringstream out;
  handResultsIn(out);
  EXPECT_EQ(out.str(),
            "the inner function begins\nrunning callback 1\ncallback 1 is done, its result: result1\nrunning callback 2\n"
            "callback 2 is done, its result: result2\nthe inner function ends\n");
}

}  // namespace
}  // namespace teasel::examples
