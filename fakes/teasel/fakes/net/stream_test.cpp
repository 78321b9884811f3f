#include <teasel/fakes/net/stream.hpp>

#include <gtest/gtest.h>

#include <string>

namespace teasel::fakes {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNow{1s};

TEST(Pipe, GivesBytesInOrderAndKeepsItsWindow) {
  Pipe pipe;
  pipe.restart(8);
  EXPECT_EQ(pipe.room(), 8u);
  pipe.push("abcde", kNow, kNow);
  EXPECT_EQ(pipe.room(), 3u);
  EXPECT_EQ(pipe.front(100), "abcde");
  pipe.drop(2);
  EXPECT_EQ(pipe.front(2), "cd");
  EXPECT_EQ(pipe.room(), 5u);
}

TEST(Pipe, WhatPassesLeavesTheWindowAsItWas) {
  Pipe pipe;
  pipe.restart(8);
  EXPECT_TRUE(pipe.idle());
  pipe.pass(8);
  EXPECT_EQ(pipe.room(), 8u);
  EXPECT_EQ(pipe.written(), 8u);
  EXPECT_EQ(pipe.taken(), 8u);
  pipe.push("abc", kNow, kNow);
  EXPECT_FALSE(pipe.idle());
  EXPECT_EQ(pipe.front(100), "abc");
  pipe.drop(3);
  EXPECT_TRUE(pipe.idle());
  pipe.stall();
  EXPECT_FALSE(pipe.idle());
}

TEST(Pipe, HoldsWhatIsInTransitUntilItIsDue) {
  Pipe pipe;
  pipe.restart(100);
  pipe.push("late", kNow, kNow + 2s);
  pipe.push("early", kNow, kNow + 1s);
  EXPECT_FALSE(pipe.settle(kNow + 1s)) << "nothing overtakes what was sent before";
  EXPECT_TRUE(pipe.settle(kNow + 2s));
  EXPECT_EQ(pipe.front(100), "lateearly");
  EXPECT_EQ(pipe.inTransit(), 0u);
}

TEST(Pipe, EndOfStreamComesBehindTheBytes) {
  Pipe pipe;
  pipe.restart(100);
  pipe.push("x", kNow, kNow + 1s);
  pipe.finish(kNow, kNow);
  EXPECT_FALSE(pipe.endArrived());
  pipe.settle(kNow + 1s);
  EXPECT_TRUE(pipe.endArrived());
  EXPECT_FALSE(pipe.atEnd());
  pipe.drop(1);
  EXPECT_TRUE(pipe.atEnd());
}

TEST(Pipe, ADeliveryEndsAtACut) {
  Pipe pipe;
  pipe.restart(100);
  pipe.cut();
  pipe.push("ab", kNow, kNow);
  pipe.cut();
  pipe.cut();
  pipe.push("cd", kNow, kNow);
  pipe.cut();
  EXPECT_EQ(pipe.front(100), "ab");
  pipe.drop(1);
  EXPECT_EQ(pipe.front(100), "b");
  pipe.drop(1);
  EXPECT_EQ(pipe.front(100), "cd");
}

TEST(Pipe, LosesWhatIsInTransitAndOnRequestWhatHasArrived) {
  Pipe pipe;
  pipe.restart(100);
  pipe.push("here", kNow, kNow);
  pipe.push("there", kNow, kNow + 1s);
  EXPECT_EQ(pipe.lose(false), 5u);
  EXPECT_EQ(pipe.front(100), "here");
  EXPECT_EQ(pipe.lose(true), 4u);
  EXPECT_EQ(pipe.available(), 0u);
}

TEST(Pipe, BytesThatAreTakenAheadFreeTheWindow) {
  Pipe pipe;
  pipe.restart(10);
  pipe.push("0123456789", kNow, kNow);
  EXPECT_EQ(pipe.room(), 0u);
  pipe.takeAhead(4);
  EXPECT_EQ(pipe.room(), 4u);
  pipe.drop(6);
  EXPECT_EQ(pipe.room(), 6u);
}

TEST(Pipe, GrowsAndMovesWithoutLosingBytes) {
  Pipe pipe;
  pipe.restart(Pipe::kUnbounded);
  std::string sent, got;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37 + 1), static_cast<char>('a' + i % 26));
    pipe.push(piece, kNow, kNow);
    sent += piece;
    const ByteView front = pipe.front(static_cast<std::size_t>(i % 41));
    got += front.text();
    pipe.drop(front.size());
  }
  got += pipe.front(Pipe::kUnbounded).text();
  EXPECT_EQ(got, sent);
}

}  // namespace
}  // namespace teasel::fakes
