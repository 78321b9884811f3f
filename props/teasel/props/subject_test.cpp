#include <teasel/props/subject.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/props/properties.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {
namespace {

/// Who is there. A guest that says '!' throws out all others. A guest takes one chunk in a turn.
struct Room {
  std::vector<Protocol*> guests;
};

class Guest : public Protocol {
 public:
  Guest(Room& room, Reactor& reactor, EventLog& log) : room_(room), reactor_(reactor), log_(log) {}
  void connectionMade() override { room_.guests.push_back(this); }
  void connectionLost(const Failure&) override { std::erase(room_.guests, this); }
  void dataReceived(ByteView data) override {
    log_.part("text", data);
    transport().pauseProducing();
    reactor_.callLater(Duration::zero(), [self = shared_from_this(), this] { transport().resumeProducing(); });
    if (data.text().find('!') == std::string_view::npos) return;
    for (Protocol* const guest : room_.guests)
      if (guest != this) guest->transport().abortConnection();
  }

 private:
  Room& room_;
  Reactor& reactor_;
  EventLog& log_;
};

Subject guests() {
  return Subject::sharing(
      [](Reactor&) { return Room(); },
      [](Room& room, Reactor& reactor, EventLog& log) { return std::make_shared<Guest>(room, reactor, log); });
}

TEST(Subject, MakesAProtocolForEachConnectionOfARun) {
  fakes::World world;
  world.play().send(0, "a"), world.play().send(1, "b");
  EXPECT_TRUE(chunkInvariance(world, guests()));
  EXPECT_EQ(harness().connections(), 2u);
}

TEST(Subject, IsToldWhenARunBegins) {
  int begun = 0;
  const Subject counting =
      Subject::sharing([&](Reactor&) { return ++begun; }, [](int&, Reactor&, EventLog&) { return std::make_shared<Protocol>(); });
  fakes::World world;
  world.play().send(0, "ab");
  EXPECT_TRUE(serve(world, counting));
  EXPECT_EQ(begun, 1);
  EXPECT_TRUE(chunkInvariance(world, counting));
  EXPECT_EQ(begun, 1 + 2) << "whole and bytewise";
}

TEST(Subject, KeepsWhatARunsConnectionsShareApartFromOtherRuns) {
  std::vector<std::size_t> made;
  const Subject counting = Subject::sharing([](Reactor&) { return std::size_t{0}; },
                                            [&](std::size_t& count, Reactor&, EventLog&) {
                                              made.push_back(++count);
                                              return std::make_shared<Protocol>();
                                            });
  fakes::World world;
  world.play().send(0, "a"), world.play().send(1, "b");
  EXPECT_TRUE(chunkInvariance(world, counting));
  EXPECT_EQ(made, (std::vector<std::size_t>{1, 2, 1, 2})) << "whole and bytewise";
}

// In bytewise delivery the second guest speaks when the first has said one byte, in whole delivery
// when it has said all. The abort is the protocol's own, although it comes out of a callback of
// another connection.
TEST(Subject, ThatIsAbortedByAnotherConnectionNeedNotHaveHeardEverything) {
  fakes::World world;
  world.play().send(0, "abcdefgh"), world.play().send(1, "!");
  EXPECT_TRUE(chunkInvariance(world, guests())) << world.verdict()->message;
  EXPECT_EQ(harness().connection(0).cause, CloseCause::kAbortConnection);
  ASSERT_TRUE(harness().run(world, guests(), Chunking::kBytewise));
  EXPECT_EQ(harness().connection(0).log.text(0, 9), "text[\"a\"]") << "the deliveries do differ";
}

}  // namespace
}  // namespace teasel::props
