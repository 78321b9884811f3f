#include "framing/formats.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>

namespace teasel::targets {
namespace {

using namespace std::literals;

struct Format {
  const char* name;
  fakes::MessageSize size;
  std::vector<fakes::ChoiceRecord> records;
  std::vector<std::string_view> messages;
};

std::vector<fakes::ChoiceRecord> width(std::uint64_t choice) {
  return {{0, fakes::kUserSites, 1, 3, 1}, {0, fakes::kUserSites, 0, 3, choice}};
}

std::vector<Format> formats() {
  return {{"netstrings", netstringMessage, {}, {"0:,", "3:a,b,", "12:0123456789ab,", "2:\n\n,"}},
          {"behind 2 bytes", intStringMessage, {}, {"\0\3abc"sv, "\0\0"sv, "\0\2\n\n"sv}},
          {"behind 1 byte", intStringMessage, width(1), {"\3abc", "\0"sv, "\2\n\n"}},
          {"behind 4 bytes", intStringMessage, width(2), {"\0\0\0\3abc"sv, "\0\0\0\0"sv, "\0\0\0\1\n"sv}},
          {"behind 4 bytes, as 3 is too much", intStringMessage, width(3), {"\0\0\0\1a"sv}},
          {"records",
           recordMessage,
           {},
           {"m\0\6echo a"sv, "m\0\0"sv, "l\0"sv, "l\2\0\3abc"sv, "w\0\0\0\0"sv, "wabcdabcd\0\0\0\0"sv, "z\0\3"sv, "q"}}};
}

TEST(Formats, MessagesEndWhereTheyEnd) {
  for (const Format& format : formats())
    for (const std::string_view message : format.messages)
      for (const std::string_view behind : {""sv, "q"sv, "\0\3abc"sv})
        EXPECT_EQ(format.size(std::string(message) + std::string(behind), format.records), message.size())
            << format.name << ": " << testing::PrintToString(message);
}

TEST(Formats, APartOfAMessageIsNone) {
  for (const Format& format : formats())
    for (const std::string_view message : format.messages)
      for (std::size_t part = 0; part < message.size(); ++part)
        EXPECT_EQ(format.size(ByteView(message).sub(0, part), format.records), 0u)
            << format.name << ": " << part << " bytes of " << testing::PrintToString(message);
}

TEST(Formats, WhatIsNoMessageIsNone) {
  for (const std::string_view bytes : {":,", "3:abc.", "3abc,", "x", "99999999999999999999:,"})
    EXPECT_EQ(netstringSize(bytes), 0u) << bytes;
  EXPECT_EQ(intStringSize("\377\377\377\377", 4), 0u);
  EXPECT_EQ(recordSize("x\0\0"), 0u);
}

TEST(Formats, WholeMessagesAreWhole) {
  for (const std::string_view whole : {""sv, "0:,"sv, "0:,1:a,"sv}) EXPECT_TRUE(wholeNetstrings(whole)) << whole;
  for (const std::string_view broken : {"0:"sv, "0:,1"sv, "0:,x"sv}) EXPECT_FALSE(wholeNetstrings(broken)) << broken;
  EXPECT_TRUE(wholeIntStrings<2>("\0\0\0\1a"));
  EXPECT_FALSE(wholeIntStrings<2>("\0\0\0\1a\0"));
  EXPECT_TRUE(wholeRecords("m\0\1am\0\0"));
  EXPECT_FALSE(wholeRecords("m\0\1aq"));
}

}  // namespace
}  // namespace teasel::targets
