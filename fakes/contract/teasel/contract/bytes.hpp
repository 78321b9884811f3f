#pragma once

#include <array>

#include <teasel/contract/pair.hpp>

/// The contract on bytes: what is written arrives whole, in order and cut anywhere, and nothing
/// else arrives.

namespace teasel::contract {

class ContractBytes : public ArmTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ContractBytes);

TEASEL_CONTRACT(ContractBytes, AnEmptyWriteIsNothing) {
  Pair pair(bench);
  pair.client->transport().write("");
  pair.client->transport().write(ByteView());
  bench.settle();
  EXPECT_EQ(pair.server->story(), "made");
  EXPECT_EQ(pair.client->transport().counters().bytesWritten, 0u);
}

TEASEL_CONTRACT(ContractBytes, OneByteArrives) {
  Pair pair(bench);
  pair.client->transport().write("x");
  TEASEL_UNTIL(pair.server->received == "x");
  pair.server->transport().write("y");
  TEASEL_UNTIL(pair.client->received == "y");
  EXPECT_EQ(pair.server->deliveries, 1u);
}

TEASEL_CONTRACT(ContractBytes, EveryByteValueArrivesAsItWasWritten) {
  std::string all(256, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  Pair pair(bench);
  pair.client->transport().write(all);
  TEASEL_UNTIL(pair.server->received.size() == all.size());
  EXPECT_EQ(pair.server->received, all);
}

TEASEL_CONTRACT(ContractBytes, WrittenBytesAreCopiedBeforeTheCallReturns) {
  Pair pair(bench);
  std::string mine = "first";
  pair.client->transport().write(mine);
  mine = "WRONG";
  mine.shrink_to_fit();
  TEASEL_UNTIL(pair.server->received.size() == 5);
  EXPECT_EQ(pair.server->received, "first");
}

TEASEL_CONTRACT(ContractBytes, PartsOfADeliveryGoBackInTheOrderInWhichTheyAreWritten) {
  std::string expected;
  Pair pair(bench, {.data = [&](Probe& us, ByteView data) {
              const std::size_t half = data.size() / 2;
              for (const ByteView part : {data.sub(half), ByteView("|"), data.sub(0, half), data}) {
                expected += part.text();
                us.transport().write(part);
              }
            }});
  for (const std::size_t size : {1U, 6U, 1000U, 3000U, 40'000U}) pair.client->transport().write(pattern(size));
  TEASEL_UNTIL(pair.server->received.size() == 44'007);
  TEASEL_UNTIL(pair.client->received.size() >= expected.size());
  EXPECT_TRUE(pair.client->received == expected);
}

TEASEL_CONTRACT(ContractBytes, SmallDeliveriesComeBackWholeThroughAFullSocket) {
  Pair pair(bench, {.data = [](Probe& us, ByteView data) { us.transport().write(data); }});
  pair.client->transport().pauseProducing();
  const std::string message = pattern(1500);
  std::string sent;
  for (int i = 0; i < 20'000 && pair.server->transport().pendingBytes() == 0; ++i) {
    sent += message;
    pair.client->transport().write(message);
    TEASEL_UNTIL(pair.server->received.size() == sent.size());
  }
  EXPECT_GT(pair.server->transport().pendingBytes(), 0u);
  pair.client->transport().resumeProducing();
  TEASEL_UNTIL(pair.client->received.size() >= sent.size());
  EXPECT_TRUE(pair.client->received == sent);
}

TEASEL_CONTRACT(ContractBytes, ManySmallWritesArriveInOrder) {
  Pair pair(bench);
  std::string sent;
  for (int i = 0; i < 2000; ++i) {
    sent += std::to_string(i) + ';';
    pair.client->transport().write(std::to_string(i) + ';');
  }
  TEASEL_UNTIL(pair.server->received.size() >= sent.size());
  EXPECT_EQ(pair.server->received, sent);
}

TEASEL_CONTRACT(ContractBytes, WriteSequenceIsItsPartsOneAfterTheOther) {
  Pair pair(bench);
  const std::array<ByteView, 4> parts{"one ", "", "two ", "three"};
  pair.client->transport().writeSequence(parts);
  TEASEL_UNTIL(pair.server->received.size() >= 13);
  EXPECT_EQ(pair.server->received, "one two three");
}

TEASEL_CONTRACT(ContractBytes, MoreThanTheWindowArrivesWhole) {
  const std::string sent = pattern(bench.moreThanFits());
  Pair pair(bench);
  pair.client->transport().write(sent);
  TEASEL_UNTIL(pair.server->received.size() >= sent.size());
  EXPECT_TRUE(pair.server->received == sent) << "the pattern is broken";
  TEASEL_UNTIL(pair.client->transport().pendingBytes() == 0);
}

TEASEL_CONTRACT(ContractBytes, TenMegabytesBothWaysAtOnceArriveWhole) {
  const std::size_t size = bench.simulated() ? bench.moreThanFits() : std::size_t{10} << 20;
  const std::string up = pattern(size, 1), down = pattern(size, 2);
  Hooks server{.made = [&](Probe& probe) { probe.transport().write(down); }};
  Hooks client{.made = [&](Probe& probe) { probe.transport().write(up); }};
  Pair pair(bench, server, client);
  TEASEL_UNTIL(pair.server->received.size() >= size && pair.client->received.size() >= size);
  EXPECT_TRUE(pair.server->received == up && pair.client->received == down) << "the pattern is broken";
}

TEASEL_CONTRACT(ContractBytes, AnEchoInsideDataReceivedReturnsEverything) {
  const std::string sent = pattern(bench.simulated() ? 100'000 : 2'000'000);
  Pair pair(bench, {.data = [](Probe& probe, ByteView data) { probe.transport().write(data); }});
  pair.client->transport().write(sent);
  TEASEL_UNTIL(pair.client->received.size() >= sent.size());
  EXPECT_TRUE(pair.client->received == sent) << "the pattern is broken";
}

TEASEL_CONTRACT(ContractBytes, PartsOfADeliveryWrittenBackTwiceAndOutOfOrderAreWhatTheyWere) {
  const auto swapped = [](Probe& probe, ByteView data) {
    const std::size_t half = data.size() / 2;
    probe.transport().write(data.sub(half));
    probe.transport().write(data.sub(0, half));
    probe.transport().write(data.sub(half));
  };
  std::string expected;
  Pair pair(bench, {.data = [&](Probe& probe, ByteView data) {
              expected.append(data.sub(data.size() / 2).text()).append(data.sub(0, data.size() / 2).text());
              expected.append(data.sub(data.size() / 2).text());
              swapped(probe, data);
            }});
  for (unsigned i = 0; i < 8; ++i) pair.client->transport().write(pattern(9000, i));
  TEASEL_UNTIL(pair.server->received.size() >= 72'000 && pair.client->received.size() >= expected.size());
  EXPECT_TRUE(pair.client->received == expected) << "shared bytes changed on their way";
}

TEASEL_CONTRACT(ContractBytes, InterleavedConversationsDoNotMix) {
  Hooks echo{.data = [](Probe& probe, ByteView data) { probe.transport().write(data); }};
  Pair first(bench, echo), second(bench, echo);
  std::string one, two;
  for (unsigned i = 0; i < 50; ++i) {
    first.client->transport().write(pattern(100 + i, i));
    second.client->transport().write(pattern(100 + i, i + 100));
    one += pattern(100 + i, i), two += pattern(100 + i, i + 100);
  }
  TEASEL_UNTIL(first.client->received.size() >= one.size() && second.client->received.size() >= two.size());
  EXPECT_TRUE(first.client->received == one && second.client->received == two);
}

TEASEL_CONTRACT(ContractBytes, AGreetingWrittenInConnectionMadeArrives) {
  Pair pair(bench, {.made = [](Probe& probe) { probe.transport().write("welcome"); }},
            {.made = [](Probe& probe) { probe.transport().write("hello"); }});
  TEASEL_UNTIL(pair.server->received == "hello" && pair.client->received == "welcome");
}

TEASEL_CONTRACT(ContractBytes, WritesFromAnotherConnectionsCallbackArrive) {
  Pair listener(bench);
  Pair speaker(bench, {.data = [&](Probe&, ByteView data) { listener.server->transport().write(data); }});
  speaker.client->transport().write("to all");
  TEASEL_UNTIL(listener.client->received == "to all");
}

TEASEL_CONTRACT(ContractBytes, CountersAgreeOnBothSides) {
  const std::string sent = pattern(50'000);
  Pair pair(bench);
  pair.client->transport().write(sent);
  TEASEL_UNTIL(pair.server->received.size() >= sent.size());
  bench.settle();
  const Transport::Counters& out = pair.client->transport().counters();
  EXPECT_EQ(out.bytesWritten, sent.size());
  EXPECT_EQ(out.bytesSent, sent.size());
  EXPECT_EQ(out.writesDropped, 0u);
  EXPECT_EQ(pair.server->transport().counters().bytesReceived, sent.size());
  EXPECT_EQ(pair.client->transport().pendingBytes(), 0u);
}

}  // namespace teasel::contract
