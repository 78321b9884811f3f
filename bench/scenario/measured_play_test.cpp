#include "measured_play.hpp"

#include <gtest/gtest.h>

namespace teasel::bench {
namespace {

using fakes::Play;

TEST(InPieces, CutsEachSendIntoPiecesOfAtMostThatSize) {
  Play play, wanted;
  play.send(0, "hello");
  play.endOfStream(0);
  wanted.connect(0);
  for (const char* piece : {"he", "ll", "o"}) wanted.cut(0), wanted.send(0, ByteView(std::string_view(piece)));
  wanted.endOfStream(0);
  EXPECT_EQ(inPieces(play, 2), wanted);
}

TEST(InPieces, LeavesOutTheCutsOfThePlayItself) {
  Play play, wanted;
  play.send(0, "he"), play.cut(0), play.send(0, "llo");
  wanted.send(0, "hello");
  EXPECT_EQ(inPieces(play, 0), wanted);
}

TEST(InPieces, KeepsTheVersionAndAllOtherEvents) {
  Play play;
  play.setVersion(1);
  play.send(1, "a"), play.app(3, 4), play.advance(std::chrono::seconds(1)), play.reset(1);
  EXPECT_EQ(inPieces(play, 0), play);
  EXPECT_EQ(inPieces(play, 0).version(), 1u);
}

TEST(MessagesIn, CountsThemPerConnectionAndARestAsOne) {
  Play play;
  play.send(0, "a\nb"), play.send(1, "c\n"), play.send(0, "\nd");
  EXPECT_EQ(messagesIn(play, fakes::lineSize), 4u);  // a, b, d; c
  EXPECT_EQ(messagesIn(Play(), fakes::lineSize), 0u);
}

TEST(MessagesIn, TakesASizeBeyondTheEndForTheRest) {
  Play play;
  play.send(0, "abc");
  EXPECT_EQ(messagesIn(play, [](ByteView, std::span<const fakes::ChoiceRecord>) -> std::size_t { return 9; }), 1u);
}

}  // namespace
}  // namespace teasel::bench
