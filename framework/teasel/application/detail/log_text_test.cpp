#include <teasel/application/detail/log_text.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <teasel/application/detail/log_output.hpp>
#include <teasel/application/test/json_test_kit.hpp>
#include <teasel/core/errors.hpp>

namespace teasel::detail {

namespace {

using namespace std::string_literals;
using testing::EndsWith;
using testing::MatchesRegex;

constexpr std::int64_t kNow = 1'795'983'737'000'042;

LogEvent event(std::string_view message, const Failure* failure = nullptr) {
  return {LogLevel::kInfo, "chat_server", message, failure};
}

}  // namespace

TEST(TimeText, IsUtcWithMicroseconds) {
  EXPECT_EQ(timeText(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(timeText(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(timeText(951'782'400'000'001), "2000-02-29T00:00:00.000001Z");
  EXPECT_EQ(timeText(kNow), "2026-11-29T20:22:17.000042Z");
}

TEST(LogText, IsALineForPeople) {
  EXPECT_EQ(textLine(event("listening on 127.0.0.1:8123"), kNow),
            "2026-11-29T20:22:17.000042Z info chat_server: listening on 127.0.0.1:8123\n");
}

TEST(LogText, HasTheFailureBehindTheMessage) {
  const Failure failure(ConnectionLost("reset"), Site{"server.cpp", 12});
  EXPECT_THAT(textLine(event("it broke", &failure), kNow), EndsWith("it broke: ConnectionLost: reset (at server.cpp:12)\n"));
}

TEST(LogText, LetsNobodyForgeALineOrCommandTheTerminal) {
  EXPECT_EQ(oneLine("a\nb\r\tc\x1b[2J\x7f\0d"s), "a\\nb\\r\\tc\\x1b[2J\\x7f\\x00d");
  EXPECT_EQ(oneLine("\xc2\x9b"
                    "2J\xc2\xa0"),
            "\\xc2\\x9b2J\xc2\xa0");
}

TEST(LogText, KeepsUtf8AndShowsOtherBytesAsHex) {
  for (const char* text : {"gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x8c\xb1", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(oneLine(text), text);
  EXPECT_EQ(oneLine("\xff"), "\\xff");
  EXPECT_EQ(oneLine("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(oneLine("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");  // overlong
  EXPECT_EQ(oneLine("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(oneLine("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(oneLine("\xe2\x82"), "\\xe2\\x82");  // cut off
}

TEST(LogText, IsCutBetweenTwoCharactersWhenItIsTooLong) {
  EXPECT_EQ(oneLine(std::string(kMaxLogText, 'x')), std::string(kMaxLogText, 'x'));
  EXPECT_EQ(oneLine(std::string(kMaxLogText + 5, 'x')), std::string(kMaxLogText, 'x') + "... (5 bytes more)");
  const std::string odd = "x" + std::string("\xc3\xbc") + std::string(kMaxLogText - 4, 'y') + "\xc3\xbc" + "z";
  EXPECT_EQ(oneLine(odd), odd.substr(0, kMaxLogText - 1) + "... (3 bytes more)");
}

TEST(LogJson, IsAnObjectInALine) {
  EXPECT_EQ(jsonLine(event("listening"), kNow),
            R"({"time":"2026-11-29T20:22:17.000042Z","level":"info","source":"chat_server","message":"listening"})"
            "\n");
}

TEST(LogJson, HasTheFailureInItsParts) {
  const Failure failure(ConnectionLost("say \"no\""), Site{"server.cpp", 12});
  EXPECT_THAT(jsonLine(event("it broke", &failure), kNow),
              EndsWith(R"("message":"it broke","failure":{"kind":"ConnectionLost","what":"say \"no\"","where":"server.cpp:12"}})"
                       "\n"));
}

TEST(LogJson, EscapesWhatJsonForbids) {
  EXPECT_EQ(jsonString("\"\\/\n\r\t\x01\x7f\0"s), R"("\"\\/\n\r\t\u0001\u007f\u0000")");
  EXPECT_EQ(jsonString("\xc2\x9b"), R"("\u009b")");
  EXPECT_EQ(jsonString("gr\xc3\xbc\xff\xe2\x82"), "\"gr\xc3\xbc\\ufffd\\ufffd\\ufffd\"");
}

TEST(LogJson, CanBeReadWhateverBytesAreInIt) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& text : {all, "\"}{\\"s, std::string(kMaxLogText + 1, '\\'), ""s}) {
    const std::string line = jsonLine({LogLevel::kWarn, text, text, nullptr}, kNow);
    const auto read = test::JsonObject::parse(line.substr(0, line.size() - 1));
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->size(), 4U);
  }
  const auto read = test::JsonObject::parse(R"({"text":)" + jsonString("a\n\"\\\x01\xc2\x9b\xc3\xbc") + "}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("text"), "a\n\"\\\x01\xc2\x9b\xc3\xbc");
}

TEST(LogOutput, WritesLinesOfItsFormatIntoTheFile) {
  const std::string path = testing::TempDir() + "teasel_log_" + std::to_string(::getpid());
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    LogOutput output(path, format);
    const InstalledLog installed(output, LogLevel::kInfo);
    Logger("test").debug("too low");
    Logger("test").info("heard");
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), MatchesRegex("20[^\n]*Z info test: heard\n\\{\"time\":[^\n]*\"message\":\"heard\"\\}\n"));
  std::filesystem::remove(path);
}

TEST(LogOutput, SaysOnceThatLinesAreLostAndLaterHowMany) {
  const std::string path = testing::TempDir() + "teasel_lost_" + std::to_string(::getpid());
  std::filesystem::create_symlink("/dev/full", path);
  LogOutput output(path, LogFormat::kText);
  testing::internal::CaptureStderr();
  for (const char* message : {"first", "second"}) output.onLog(event(message));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex("cannot write to the log '[^\n]*ENOSPC[^\n]*\n"));
  std::filesystem::remove(path);
  EXPECT_EQ(output.reopen(), "");
  for (const char* message : {"third", "fourth"}) output.onLog(event(message));
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), MatchesRegex("[^\n]*2 line[^\n]*missing here\n[^\n]*third\n[^\n]*fourth\n"));
  std::filesystem::remove(path);
}

}  // namespace teasel::detail
