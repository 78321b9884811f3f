#include <teasel/fakes/net/sim_threads.hpp>

#include <gtest/gtest.h>

#include <string>

#include <teasel/core/pass_through.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/threads.hpp>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

ChoiceRecord takes(std::uint64_t step, std::uint32_t index) {
  return {0, static_cast<std::uint16_t>(ChoiceSite::kThread), index, 0, step};
}
constexpr std::uint64_t kOneMillisecond = 4, kTwentyMilliseconds = 6;

/// A world in which calls named "a", "b" ... run in threads of its host and take the drawn times.
struct Threaded {
  explicit Threaded(const std::vector<ChoiceRecord>& records = {}) {
    if (!records.empty()) world.choices().useRecords(records);
  }
  void call(const std::string& name) {
    deferToThread(world.host().reactor(), [this, name] { story += name + "@" + elapsed() + " "; }).addCallback([this, name] {
      story += name + "-done ";
    });
  }
  std::string elapsed() const { return std::to_string((world.now() - Network::kStart) / 1ms); }
  World world;
  std::string story;
};

TEST(SimThreads, TakeNoTimeInACalmWorldAndRunInOrder) {
  Threaded it;
  it.call("a");
  it.call("b");
  EXPECT_EQ(it.story, "") << "never inside the call";
  it.world.settle();
  EXPECT_EQ(it.story, "a@0 b@0 a-done b-done ");
}

TEST(SimThreads, EndInAnotherOrderWhenTheFirstTakesLonger) {
  Threaded it({takes(kTwentyMilliseconds, 0), takes(kOneMillisecond, 1)});
  it.call("a");
  it.call("b");
  it.world.advance(1s);
  EXPECT_EQ(it.story, "b@1 b-done a@20 a-done ");
}

TEST(SimThreads, NoMoreThanThePoolsSizeAreUnderWayAtOnce) {
  Threaded it({takes(kTwentyMilliseconds, 0), takes(kOneMillisecond, 1)});
  it.world.host().reactor().suggestThreadPoolSize(1);
  it.call("a");
  it.call("b");
  it.world.advance(1s);
  EXPECT_EQ(it.story, "a@20 a-done b@21 b-done ");
}

TEST(SimThreads, TheSameSeedGivesTheSameTrace) {
  const auto hash = [](std::uint64_t seed) {
    Threaded it;
    it.world.choices().usePrng(seed);
    for (const char* name : {"a", "b", "c", "d"}) it.call(name);
    it.world.advance(1min);
    return std::pair(it.world.trace().hash(), it.story);
  };
  EXPECT_EQ(hash(7), hash(7));
  EXPECT_NE(hash(7).second, hash(8).second) << "and another seed may give another order";
}

TEST(SimThreads, AWorldThatEndsWaitsForThem) {
  Threaded it({takes(kTwentyMilliseconds, 0)});
  it.call("a");
  EXPECT_TRUE(it.world.run() && it.world.finish()) << it.world.verdict()->message;
  EXPECT_EQ(it.story, "a@20 a-done ");
}

TEST(SimThreads, OneThatWaitsForWhatNeverComesIsToldSo) {
  Threaded it;
  it.world.allow<UsageError>();
  Reactor& reactor = it.world.host().reactor();
  Deferred<void> never;
  Failure why;
  Deferred<void> handled = deferToThread(reactor, [&] {
                             blockingCallFromThread(reactor, [&] { return never; });
                           }).addErrback([&](const Failure& failure) { why = failure; });
  it.world.settle();
  ASSERT_NE(why.check<UsageError>(), nullptr) << why;
  never.callback();
}

struct ThreadVerdict {};

TEST(SimThreads, AVerdictThrownInOneLeavesTheWorldAndReachesNoErrback) {
  addPassThrough([](const std::type_info& kind) noexcept { return kind == typeid(ThreadVerdict); });
  Threaded it;
  bool handled = false;
  Deferred<void> result = deferToThread(it.world.host().reactor(), [] { throw ThreadVerdict(); });
  result.addErrback([&](const Failure&) { handled = true; });
  EXPECT_THROW(it.world.settle(), ThreadVerdict);
  EXPECT_FALSE(handled);
  result.cancel();
}

TEST(SimThreads, TheReactorsThreadMayNotBlockEvenWhileAThreadWaitsForIt) {
  Threaded it;
  Reactor& reactor = it.world.host().reactor();
  bool refused = false;
  deferToThread(reactor, [&] {
    blockingCallFromThread(reactor, [&] {
      EXPECT_THROW(blockingCallFromThread(reactor, [] {}), UsageError);
      refused = true;
    });
  }).addCallback([&] { it.story += "done"; });
  it.world.settle();
  EXPECT_TRUE(refused);
  EXPECT_EQ(it.story, "done");
}

/// Answers with what a thread makes of the input.
struct Threading final : Protocol {
  explicit Threading(Reactor*& reactor) : reactor_(reactor) {}
  void dataReceived(ByteView data) override {
    deferToThread(*reactor_, [text = data.str()] { return "<" + text + ">"; }).addCallback([this](const std::string& answer) {
      transport().write(answer);
      return answer;
    });
  }
  Reactor*& reactor_;
};

TEST(SimThreads, WorkUnderAStringTransport) {
  Reactor* reactor = nullptr;
  StringTransport peer(std::make_shared<Threading>(reactor));
  reactor = &peer.reactor();
  peer.feed("ping");
  EXPECT_EQ(peer.value(), "<ping>");
}

}  // namespace
}  // namespace teasel::fakes
