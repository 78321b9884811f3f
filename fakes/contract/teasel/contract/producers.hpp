#pragma once

#include <teasel/contract/maker.hpp>

/// The contract on producers: a consumer sets the pace of its producer, and the producer is told
/// when nobody takes its bytes any more.

namespace teasel::contract {

class ContractProducers : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractProducers);

// Push --------------------------------------------------------------------------------------------

TEASEL_CONTRACT(ContractProducers, APushProducerIsPausedOnceAndResumedOnceHoweverMuchItWrites) {
  Pair pair(bench, {}, deafPeer());
  const auto producer = pushing(bench, *pair.server);
  const std::string sent = pattern(bench.moreThanFits());
  pair.server->transport().write(sent);
  EXPECT_EQ(producer->calls, "") << "not inside write";
  TEASEL_UNTIL(producer->calls == "p");
  const std::string more = pattern(Transport::kDefaultHighWaterMark + 1);
  for (int i = 0; i < 5; ++i) pair.server->transport().write(more);
  bench.settle();
  EXPECT_EQ(producer->calls, "p");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == sent.size() + 5 * more.size());
  TEASEL_UNTIL(producer->calls == "pr");
  producer->end();
}

TEASEL_CONTRACT(ContractProducers, AProducerThatHeedsItsPausesKeepsLittleWaiting) {
  Pair pair(bench, {}, deafPeer());
  const std::string piece = pattern(1000);
  const std::size_t most = Transport::kDefaultHighWaterMark + piece.size();
  std::size_t written = 0;
  const std::size_t all = bench.moreThanFits() + 2 * most;
  const auto write = [&](Maker& self) {
    while (written < all && !self.calls.ends_with('p') && self.us.transport().pendingBytes() <= most - piece.size()) {
      self.us.transport().write(piece);
      written += piece.size();
      EXPECT_LE(self.us.transport().pendingBytes(), most);
    }
    if (written >= all) self.end();
  };
  const auto producer = pushing(bench, *pair.server, {.resume = write});
  write(*producer);
  bench.settle();
  EXPECT_TRUE(producer->calls.ends_with('p'));
  EXPECT_LT(written, all);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == written && written >= all);
  EXPECT_FALSE(producer->calls.ends_with('s'));
}

TEASEL_CONTRACT(ContractProducers, CrossingTheHighWaterMarkTriesASendAtOnceAndOnlyWhatRemainsPauses) {
  std::shared_ptr<Maker> producer;
  bool left = false;
  Pair pair(bench, {.data = [&](Probe& us, ByteView) {
              us.transport().setWaterMarks(1000, 100);
              producer = pushing(bench, us);
              us.transport().write(pattern(1000));
              EXPECT_EQ(us.transport().counters().bytesSent, 0u) << "exactly the mark is not above it";
              const Quiet quiet(bench, "write");
              us.transport().write(pattern(1000));
              if (bench.eagerWrites()) {
                EXPECT_GT(us.transport().counters().bytesSent, 0u);
              }
              left = us.transport().pendingBytes() > 1000;
              EXPECT_EQ(producer->calls, "");
            }});
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.client->received.size() == 2000);
  bench.settle();
  EXPECT_EQ(producer->calls, left ? "pr" : "");
}

TEASEL_CONTRACT(ContractProducers, ThePauseFollowsTheCallbackThatWroteTooMuch) {
  std::shared_ptr<Maker> producer;
  std::string order;
  Hooks server;
  server.data = [&](Probe& us, ByteView) {
    producer = pushing(bench, us, {.pause = [&](Maker&) { order += 'p'; }});
    us.transport().write(pattern(bench.moreThanFits()));
    order += '1';
    us.transport().write("more");
    order += '2';
  };
  Hooks client{.made = [](Probe& them) { them.transport().write("?"), them.transport().pauseProducing(); }};
  Pair pair(bench, server, client);
  TEASEL_UNTIL(order.size() == 3);
  EXPECT_EQ(order, "12p");
}

TEASEL_CONTRACT(ContractProducers, ExactlyTheHighWaterMarkDoesNotPauseAndOneByteMoreDoes) {
  Pair pair(bench, {}, deafPeer());
  const std::size_t waits = clog(bench, *pair.server);
  pair.server->transport().setWaterMarks(waits, 0);
  const auto producer = pushing(bench, *pair.server);
  bench.settle();
  ASSERT_EQ(pair.server->transport().pendingBytes(), waits);
  EXPECT_EQ(producer->calls, "");
  pair.server->transport().write("!");
  TEASEL_UNTIL(producer->calls == "p");
}

TEASEL_CONTRACT(ContractProducers, WhoeverRegistersWhileTooMuchWaitsIsPaused) {
  Pair pair(bench, {}, deafPeer());
  ASSERT_GT(clog(bench, *pair.server), Transport::kDefaultHighWaterMark);
  const auto producer = pushing(bench, *pair.server);
  EXPECT_EQ(producer->calls, "");
  TEASEL_UNTIL(producer->calls == "p");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(producer->calls == "pr");
}

TEASEL_CONTRACT(ContractProducers, ALoweredHighWaterMarkPausesAndARaisedLowOneResumes) {
  Pair pair(bench, {}, deafPeer());
  const std::size_t waits = clog(bench, *pair.server);
  Transport& transport = pair.server->transport();
  transport.setWaterMarks(waits, 0);
  const auto producer = pushing(bench, *pair.server);
  {
    const Quiet quiet(bench, "setWaterMarks");
    transport.setWaterMarks(waits - 1, 0);
  }
  TEASEL_UNTIL(producer->calls == "p");
  transport.setWaterMarks(waits + 1, waits + 1);
  TEASEL_UNTIL(producer->calls == "pr");
  EXPECT_EQ(transport.pendingBytes(), waits) << "nothing was sent meanwhile";
}

TEASEL_CONTRACT(ContractProducers, AProducerIsResumedWhenNoMoreThanTheLowWaterMarkWaits) {
  for (const std::size_t low : {std::size_t{0}, std::size_t{5000}, std::size_t{60'000}}) {
    Pair pair(bench, {}, deafPeer());
    pair.server->transport().setWaterMarks(60'000, low);
    const auto producer =
        pushing(bench, *pair.server, {.resume = [&](Maker& self) { EXPECT_LE(self.us.transport().pendingBytes(), low); }});
    for (int i = 0; i < 10; ++i) pair.server->transport().write(pattern(bench.moreThanFits() / 8));
    TEASEL_UNTIL(producer->calls == "p");
    pair.client->transport().resumeProducing();
    TEASEL_UNTIL(producer->calls == "pr");
  }
}

TEASEL_CONTRACT(ContractProducers, ALowWaterMarkAboveTheHighOneIsRefusedAndChangesNothing) {
  Pair pair(bench, {}, deafPeer());
  EXPECT_THROW(pair.server->transport().setWaterMarks(10, 11), UsageError);
  const auto producer = pushing(bench, *pair.server);
  pair.server->transport().write(pattern(100));
  bench.settle();
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducers, APausedProducerThatUnregistersHearsNothingMore) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto producer = pushing(bench, *pair.server, {.pause = [](Maker& self) { self.end(); }});
  TEASEL_UNTIL(producer->calls == "p");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == bench.moreThanFits());
  pair.client->transport().abortConnection();
  TEASEL_UNTIL(pair.over());
  EXPECT_EQ(producer->calls, "p");
}

TEASEL_CONTRACT(ContractProducers, ANewProducerIsPausedAnewWhereTheOldOneWas) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto first = pushing(bench, *pair.server);
  TEASEL_UNTIL(first->calls == "p");
  first->end();
  const auto second = pushing(bench, *pair.server);
  TEASEL_UNTIL(second->calls == "p");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(second->calls == "pr");
  EXPECT_EQ(first->calls, "p");
}

TEASEL_CONTRACT(ContractProducers, AResumedProducerThatWritesTooMuchIsPausedAfterThatCallback) {
  Pair pair(bench, {}, deafPeer());
  const std::size_t waits = clog(bench, *pair.server);
  const auto producer = pushing(bench, *pair.server, {.resume = [](Maker& self) {
                                  self.us.transport().write("!!");
                                  EXPECT_EQ(self.calls, "pr");
                                }});
  TEASEL_UNTIL(producer->calls == "p");
  pair.server->transport().setWaterMarks(waits + 1, waits);
  TEASEL_UNTIL(producer->calls == "prp");
  bench.settle();
  EXPECT_EQ(producer->calls, "prp");
  EXPECT_EQ(pair.server->transport().pendingBytes(), waits + 2);
}

// Pull --------------------------------------------------------------------------------------------

TEASEL_CONTRACT(ContractProducers, APullProducerIsAskedUntilItUnregisters) {
  const std::string content = pattern(200'000);
  Pair pair(bench);
  const auto producer = pulling(bench, *pair.server, {.resume = pieces(content, 8192)});
  EXPECT_EQ(producer->calls, "") << "not inside registerProducer";
  TEASEL_UNTIL(pair.client->received.size() == content.size());
  EXPECT_TRUE(pair.client->received == content);
  TEASEL_UNTIL(producer->calls == std::string(200'000 / 8192 + 2, 'r'));
  bench.settle();
  EXPECT_EQ(producer->calls, std::string(200'000 / 8192 + 2, 'r'));
  EXPECT_EQ(pair.server->story(), "made");
}

TEASEL_CONTRACT(ContractProducers, APullProducerMayBeRegisteredInAnyCallback) {
  const std::string content = pattern(50'000);
  const auto begin = [&](Probe& us) { pulling(bench, us, {.resume = pieces(content, 4000)}); };
  Hooks server{
      .made = begin, .readLost = begin, .resumed = begin, .data = [&](Probe& us, ByteView) { begin(us); }, .halfCloseable = true};
  Pair pair(bench, server, {.halfCloseable = true});
  TEASEL_UNTIL(pair.client->received.size() == 1 * content.size());
  bench.settle();
  pair.client->transport().write("?");
  TEASEL_UNTIL(pair.client->received.size() == 2 * content.size());
  bench.settle();
  pair.server->transport().pauseProducing();
  pair.server->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == 3 * content.size());
  bench.settle();
  pair.client->transport().loseWriteConnection();
  TEASEL_UNTIL(pair.client->received.size() == 4 * content.size());
}

TEASEL_CONTRACT(ContractProducers, APullProducerWaitsForAPeerThatDoesNotRead) {
  const std::string content = pattern(bench.moreThanFits());
  constexpr std::size_t kPiece = 16384;
  Pair pair(bench, {}, deafPeer());
  const auto producer = pulling(bench, *pair.server, {.resume = [&, next = pieces(content, kPiece)](Maker& self) mutable {
                                  EXPECT_EQ(self.us.transport().pendingBytes(), 0u);
                                  next(self);
                                }});
  bench.pass(bench.simulated() ? Duration(60s) : Duration(200ms));
  EXPECT_LT(producer->calls.size(), content.size() / kPiece);
  EXPECT_LE(pair.server->transport().pendingBytes(), kPiece);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() == content.size());
  EXPECT_TRUE(pair.client->received == content);
}

TEASEL_CONTRACT(ContractProducers, APullProducerIsAskedAtOnceEvenWhileOutputWaits) {
  Pair pair(bench, {}, deafPeer());
  clog(bench, *pair.server);
  const auto producer = pulling(bench, *pair.server, {.resume = [](Maker& self) {
                                  if (self.calls.size() == 1) self.us.transport().write("behind the rest");
                                  else self.end();
                                }});
  TEASEL_UNTIL(producer->calls == "r");
  bench.settle();
  EXPECT_EQ(producer->calls, "r");
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(producer->calls == "rr");
  TEASEL_UNTIL(pair.client->received.ends_with("behind the rest"));
}

TEASEL_CONTRACT(ContractProducers, APullProducerThatWritesNothingIsAskedAgainWhenSomethingHasBeenSent) {
  Pair pair(bench);
  const auto producer = pulling(bench, *pair.server, {});
  TEASEL_UNTIL(producer->calls == "r");
  bench.settle();
  EXPECT_EQ(producer->calls, "r");
  pair.server->transport().write("at last");
  TEASEL_UNTIL(producer->calls == "rr");
  bench.settle();
  EXPECT_EQ(producer->calls, "rr");
}

TEASEL_CONTRACT(ContractProducers, AnEndlessPullProducerDoesNotHoldUpTheLoop) {
  Pair endless(bench);
  const std::string piece = pattern(100);
  const auto producer = pulling(bench, *endless.server, {.resume = [&](Maker& self) { self.us.transport().write(piece); }});
  TEASEL_UNTIL(producer->calls.size() > 10);
  producer->calls = "r";
  std::size_t turns = 0;
  std::function<void()> count = [&] {
    if (++turns < 200) bench.server().callFromThread([&] { count(); });
  };
  count();
  TEASEL_UNTIL(turns == 200);
  // It is asked at most twice: once by the I/O, and once by the call to which the request was put
  // off.
  EXPECT_LE(producer->calls.size(), 2 * turns + 2);
  Pair other(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  other.client->transport().write("ping");
  TEASEL_UNTIL(other.client->received == "ping");
  endless.server->transport().abortConnection();
  TEASEL_UNTIL(endless.over());
}

TEASEL_CONTRACT(ContractProducers, AProducerMayMakeRoomForTheNextInItsLastResumption) {
  const std::string one = pattern(30'000), two = pattern(30'000, 7);
  Pair pair(bench);
  std::shared_ptr<Maker> second;
  const auto first = pulling(bench, *pair.server, {.resume = [&, next = pieces(one, 4096)](Maker& self) mutable {
                               next(self);
                               if (self.calls.size() == 30'000 / 4096 + 2)
                                 second = pulling(bench, self.us, {.resume = pieces(two, 4096)});
                             }});
  TEASEL_UNTIL(pair.client->received.size() == one.size() + two.size());
  EXPECT_TRUE(pair.client->received == one + two);
}

TEASEL_CONTRACT(ContractProducers, AProducerThatNobodyElseHoldsMayUnregisterItself) {
  struct Alone final : Producer {
    Alone(Transport& to, std::string& told) : transport(to), log(told) {}
    ~Alone() override { log += " gone"; }
    void pauseProducing() override {}
    void resumeProducing() override {
      transport.unregisterProducer();
      log += text;  // the text still lives
    }
    void stopProducing() override {}
    Transport& transport;
    std::string& log;
    std::string text = "a string that is too long to lie inside its object";
  };
  Pair pair(bench);
  std::string log;
  pair.server->transport().registerProducer(std::make_shared<Alone>(pair.server->transport(), log), false);
  TEASEL_UNTIL(log.ends_with(" gone"));
  EXPECT_TRUE(log.starts_with("a string")) << log;
}

// Registering -------------------------------------------------------------------------------------

TEASEL_CONTRACT(ContractProducers, ASecondProducerIsRefusedByNameAndTheFirstGoesOn) {
  const std::string content = pattern(20'000);
  Pair pair(bench);
  const auto first = pulling(bench, *pair.server, {.resume = pieces(content, 1000)});
  const auto second = maker(bench, *pair.server, true);
  try {
    second->begin();
    ADD_FAILURE() << "not refused";
  } catch (const ProducerAlreadyRegistered& error) {
    EXPECT_EQ(std::string(error.what()), "registerProducer of a contract::Maker while a contract::Maker is registered");
  }
  EXPECT_THROW(first->begin(), ProducerAlreadyRegistered) << "the same one again";
  TEASEL_UNTIL(pair.client->received.size() == content.size());
  EXPECT_EQ(second->calls, "");
}

TEASEL_CONTRACT(ContractProducers, NoProducerIsRefused) {
  Pair pair(bench);
  EXPECT_THROW(pair.server->transport().registerProducer(nullptr, true), UsageError);
  pair.server->transport().loseConnection();
  TEASEL_UNTIL(pair.over());
}

TEASEL_CONTRACT(ContractProducers, UnregisteringWhatIsNotRegisteredIsHarmless) {
  Pair pair(bench);
  pair.server->transport().unregisterProducer();
  const auto producer = pushing(bench, *pair.server);
  producer->end();
  producer->end();
  pair.server->transport().write("still there");
  TEASEL_UNTIL(pair.client->received == "still there");
  EXPECT_EQ(producer->calls, "");
}

TEASEL_CONTRACT(ContractProducers, WhoeverRegistersAfterTheEndIsStoppedInALaterCall) {
  for (const bool streaming : {true, false}) {
    Pair pair(bench, {.halfCloseable = true}, {.halfCloseable = true});
    const auto lateOn = [&](Probe& us) {
      auto producer = maker(bench, us, streaming);
      producer->late = true;
      producer->begin();
      EXPECT_EQ(producer->calls, "");
      return producer;
    };
    pair.client->transport().loseWriteConnection();
    const auto halfClosed = lateOn(*pair.client);
    TEASEL_UNTIL(halfClosed->calls == "s");
    pair.server->transport().loseConnection();
    const auto closing = lateOn(*pair.server);
    TEASEL_UNTIL(closing->calls == "s");
    pair.client->transport().abortConnection();
    const auto aborted = lateOn(*pair.client);
    TEASEL_UNTIL(pair.over());
    const auto closed = lateOn(*pair.server);
    TEASEL_UNTIL(closed->calls == "s" && aborted->calls == "s");
  }
}

TEASEL_CONTRACT(ContractProducers, WhoeverRegistersInConnectionLostIsStopped) {
  std::shared_ptr<Maker> producer;
  Pair pair(bench, {.lost = [&](Probe& us) {
              producer = maker(bench, us, false);
              producer->late = true;
              producer->begin();
            }});
  pair.client->transport().loseConnection();
  TEASEL_UNTIL(producer != nullptr && producer->calls == "s");
}

}  // namespace teasel::contract
