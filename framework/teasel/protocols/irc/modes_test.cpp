#include <teasel/protocols/irc/modes.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace teasel::irc {
namespace {

using Words = std::vector<std::string_view>;
using Changes = std::vector<ModeChange>;

ModeKinds letters() { return {.lists = "b", .always = "k", .onSet = "l", .flags = "imnpst", .ranks = "ov"}; }
ModeKinds lenient() {
  ModeKinds kinds = letters();
  kinds.unknown = ModeKinds::Unknown::kFlag;
  return kinds;
}

void expectFault(std::string_view modes, const Words& params, ModeFault fault) {
  EXPECT_EQ(parseModes(modes, params, letters()).fault, fault) << modes;
  EXPECT_FALSE(parseModes(modes, params, letters())) << modes;
}

// What Twisted's ModeParsingTests ask.
TEST(IrcModes, RefusesAnEmptyText) { expectFault("", {}, ModeFault::kEmpty); }

TEST(IrcModes, RefusesASignWithoutAMode) {
  for (const char* modes : {"+", "-", "++s", "+-s", "+s-", "s+", "+s-+n"}) expectFault(modes, {}, ModeFault::kEmpty);
}

TEST(IrcModes, RefusesAModeThatDoesNotExist) {
  const ParsedModes parsed = parseModes("+s?n", Words{}, letters());
  EXPECT_EQ(parsed.fault, ModeFault::kUnknownMode);
  EXPECT_EQ(parsed.mode, '?');
  EXPECT_EQ(parsed.changes, (Changes{{true, 's', ""}})) << "what stands before it was read";
}

TEST(IrcModes, MayTakeUnknownModesAsFlags) {
  EXPECT_EQ(parseModes("+Z-Y", Words{}, lenient()).changes, (Changes{{true, 'Z', ""}, {false, 'Y', ""}}));
  EXPECT_EQ(parseModes("+iwx", Words{}, ModeKinds::ofUser()).changes.size(), 3u);
  EXPECT_EQ(parseModes("+o", Words{}, ModeKinds::ofUser()).changes, (Changes{{true, 'o', ""}})) << "no parameter for a user";
}

TEST(IrcModes, ReadsASingleMode) {
  EXPECT_EQ(parseModes("+s", Words{}, letters()).changes, (Changes{{true, 's', ""}}));
  EXPECT_EQ(parseModes("-s", Words{}, letters()).changes, (Changes{{false, 's', ""}}));
}

TEST(IrcModes, TakesATextWithoutASignAsAdded) {
  EXPECT_EQ(parseModes("s", Words{}, letters()).changes, (Changes{{true, 's', ""}}));
}

TEST(IrcModes, ReadsSeveralModesOfOneDirection) {
  EXPECT_EQ(parseModes("-nt", Words{}, letters()).changes, (Changes{{false, 'n', ""}, {false, 't', ""}}));
}

TEST(IrcModes, ReadsBothDirectionsInOrder) {
  EXPECT_EQ(parseModes("+s-n+t", Words{}, letters()).changes, (Changes{{true, 's', ""}, {false, 'n', ""}, {true, 't', ""}}));
  EXPECT_EQ(parseModes("+s+n", Words{}, letters()).changes, (Changes{{true, 's', ""}, {true, 'n', ""}}));
}

TEST(IrcModes, RefusesTooManyAndTooFewParameters) {
  expectFault("+s", {"a"}, ModeFault::kExtraParam);
  expectFault("+k", {"a", "b"}, ModeFault::kExtraParam);
  expectFault("-l", {"5"}, ModeFault::kExtraParam);
  expectFault("+o", {}, ModeFault::kMissingParam);
  expectFault("-o", {}, ModeFault::kMissingParam);
  expectFault("+l", {}, ModeFault::kMissingParam);
  expectFault("+ov", {"a"}, ModeFault::kMissingParam);
}

TEST(IrcModes, GivesParametersToTheModesThatTakeThem) {
  EXPECT_EQ(
      parseModes("+klbs-l+o", Words{"key", "10", "*!*@x", "ann"}, letters()).changes,
      (Changes{
          {true, 'k', "key"}, {true, 'l', "10"}, {true, 'b', "*!*@x"}, {true, 's', ""}, {false, 'l', ""}, {true, 'o', "ann"}}));
}

TEST(IrcModes, TakesAListWithoutAParameterAsAQuestion) {
  EXPECT_EQ(parseModes("b", Words{}, letters()).changes, (Changes{{true, 'b', ""}}));
  EXPECT_EQ(parseModes("+bs", Words{"m"}, letters()).changes, (Changes{{true, 'b', "m"}, {true, 's', ""}}));
}

std::string text(const std::vector<ModeText>& texts) {
  std::string all;
  for (const ModeText& each : texts) {
    all += (all.empty() ? "" : " | ") + each.modes;
    for (const std::string& param : each.params) all += " " + param;
  }
  return all;
}

TEST(IrcModes, AreWrittenInBatches) {
  const Changes changes{{true, 'o', "a"}, {true, 'v', "b"}, {false, 's', ""}, {false, 'k', "c"}, {true, 'n', ""}};
  EXPECT_EQ(text(batchModes(changes, 0, 400)), "+ov-sk+n a b c");
  EXPECT_EQ(text(batchModes(changes, 2, 400)), "+ov-s a b | -k+n c");
  EXPECT_EQ(text(batchModes(changes, 1, 400)), "+o a | +v-s b | -k+n c");
  EXPECT_EQ(text(batchModes({}, 3, 400)), "");
}

TEST(IrcModes, KeepEachBatchWithinItsBytes) {
  Changes changes;
  for (int i = 0; i < 50; ++i)
    changes.push_back({i % 3 != 0, i % 2 == 0 ? 'b' : 's', i % 2 == 0 ? std::string(i % 12 + 1, 'm') : ""});
  for (std::size_t bytes = 14; bytes < 60; ++bytes) {
    Changes read;
    for (const ModeText& each : batchModes(changes, 4, bytes)) {
      std::size_t size = each.modes.size();
      for (const std::string& param : each.params) size += 1 + param.size();
      EXPECT_LE(size, bytes);
      const auto parsed = parseModes(each.modes, Words(each.params.begin(), each.params.end()), letters());
      ASSERT_TRUE(parsed);
      read.insert(read.end(), parsed.changes.begin(), parsed.changes.end());
    }
    EXPECT_EQ(read, changes) << bytes;
  }
}

TEST(IrcModes, LeaveOutAChangeThatFitsNowhere) {
  EXPECT_EQ(text(batchModes(Changes{{true, 'b', std::string(20, 'm')}, {true, 's', ""}}, 0, 10)), "+s");
}

}  // namespace
}  // namespace teasel::irc
