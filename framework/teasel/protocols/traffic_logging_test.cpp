#include <teasel/protocols/traffic_logging.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/string_transport.hpp>
#include <teasel/fakes/world/test/world_test_kit.hpp>

namespace teasel {
namespace {

using fakes::StringTransport;
using fakes::test::Echo;
using fakes::test::Log;
using fakes::test::Recorder;
using fakes::test::recorders;

/// Keeps the lines of a log of Recorders.
struct Logged {
  explicit Logged(TrafficLogOptions options = {})
      : factory(std::make_shared<TrafficLoggingFactory>(
            recorders(&log, &does), [this](std::string_view line) { lines.emplace_back(line); }, options)) {}
  std::shared_ptr<Protocol> built() const { return factory->buildProtocol(Address()); }
  std::string line(std::size_t at) const { return at < lines.size() ? lines[at] : "no line"; }
  Log log;
  Recorder::Does does;
  std::vector<std::string> lines;
  std::shared_ptr<TrafficLoggingFactory> factory;
};

TEST(TrafficLogging, WritesDownWhatPassesBothWays) {
  Logged logged;
  logged.does.onData = [](Recorder& self, ByteView data) { self.transport().write("re: " + data.str()); };
  {
    StringTransport wire(logged.built());
    wire.feed("one\r\n");
    EXPECT_EQ(wire.value(), "re: one\r\n");
    EXPECT_NE(logged.line(0).find(" is connected to "), std::string::npos) << logged.line(0);
    EXPECT_EQ(logged.line(1), "C 1: \"one\\r\\n\"");
    EXPECT_EQ(logged.line(2), "S 1: \"re: one\\r\\n\"");
    wire.endOfStream();
  }
  EXPECT_EQ(logged.line(3).substr(0, 20), "* 1: ConnectionDone:");
  EXPECT_EQ(logged.lines.size(), 4u);
}

TEST(TrafficLogging, WritesDownHowTheProtocolEndsItsConnection) {
  const auto lineOf = [](std::function<void(Transport&)> end) {
    Logged logged;
    logged.does.onMade = [&](Recorder& self) { end(self.transport()); };
    const StringTransport wire(logged.built());
    return logged.line(1);
  };
  EXPECT_EQ(lineOf([](Transport& t) { t.loseConnection(); }), "S 1: loseConnection");
  EXPECT_EQ(lineOf([](Transport& t) { t.loseWriteConnection(); }), "S 1: loseWriteConnection");
  EXPECT_EQ(lineOf([](Transport& t) { t.abortConnection(); }).substr(0, 51),
            "S 1: abortConnection at traffic_logging_test.cpp:55");
  EXPECT_EQ(lineOf([](Transport& t) { t.failConnection(Failure(std::runtime_error("a\nb"), Site{})); }).substr(0, 43),
            "S 1: failConnection: std::runtime_error: a\\");
}

TEST(TrafficLogging, WritesDownTheEndOfEachDirectionOfAHalfCloseableProtocol) {
  Logged logged;
  logged.does.halfCloseable = true;
  StringTransport wire(logged.built());
  wire.endOfStream();
  wire.transport().loseWriteConnection();
  wire.settle();
  EXPECT_EQ(logged.line(1), "C 1: end of stream");
  EXPECT_EQ(logged.line(2), "S 1: end of stream");
  EXPECT_EQ(logged.log.text(), "made eof shut lost:ConnectionDone");
}

TEST(TrafficLogging, EscapesAndShortensWhatAPeerSends) {
  Logged logged(TrafficLogOptions{.lengthLimit = 8});
  StringTransport wire(logged.built());
  wire.feed("\x1b[2J\n\"x");
  wire.feed(std::string(1000, 'y'));
  EXPECT_EQ(logged.line(1), "C 1: \"" + escaped("\x1b[2J\n\"x") + '"');
  EXPECT_EQ(logged.line(1).find('\n'), std::string::npos);
  EXPECT_LT(logged.line(2).size(), 60u);
  EXPECT_NE(logged.line(2).find("1000"), std::string::npos) << logged.line(2);
}

TEST(TrafficLogging, NumbersConnections) {
  Logged logged;
  const StringTransport one(logged.built()), two(logged.built());
  EXPECT_EQ(logged.line(0).substr(0, 5), "* 1: ");
  EXPECT_EQ(logged.line(1).substr(0, 5), "* 2: ");
}

TEST(TrafficLogging, EndsTheLogWhenItIsFullAndGoesOnServing) {
  Logged logged(TrafficLogOptions{.totalLimit = 200});
  StringTransport wire(logged.built());
  for (int i = 0; i < 100; ++i) wire.feed("hello");
  EXPECT_EQ(logged.lines.back(), "* the log is full: it has " + std::to_string(logged.factory->written()) + " bytes");
  EXPECT_LE(logged.factory->written(), 200u);
  EXPECT_FALSE(logged.factory->open());
  EXPECT_EQ(logged.log.lines.size(), 101u);
}

TEST(TrafficLogging, ASinkThatThrowsLosesTheLogAndNotTheConnection) {
  LogCapture captured;
  int calls = 0;
  const auto factory = std::make_shared<TrafficLoggingFactory>(Factory::forProtocol<Echo>(), [&](std::string_view) {
    ++calls;
    throw std::runtime_error("the disk is full");
  });
  StringTransport wire(factory->buildProtocol(Address()));
  wire.feed("hello");
  EXPECT_EQ(wire.value(), "hello");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(captured.flushLoggedErrors<std::runtime_error>().size(), 1u);
}

TEST(TrafficLogging, WritesLinesToAStream) {
  std::ostringstream out;
  const auto factory = std::make_shared<TrafficLoggingFactory>(Factory::forProtocol<Echo>(), TrafficLoggingFactory::to(out));
  StringTransport wire(factory->buildProtocol(Address()));
  wire.feed("hello");
  EXPECT_NE(out.str().find("\nC 1: \"hello\"\nS 1: \"hello\"\n"), std::string::npos) << out.str();
}

TEST(TrafficLogging, NeedsAFactoryAndASink) {
  EXPECT_THROW(TrafficLoggingFactory(nullptr, [](std::string_view) {}), UsageError);
  EXPECT_THROW(TrafficLoggingFactory(std::make_shared<Factory>(), nullptr), UsageError);
}

}  // namespace
}  // namespace teasel
