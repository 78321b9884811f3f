#include <functional>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "line/line_server.hpp"

namespace teasel::targets {
namespace {

/// A line server that also reports to a log what it hears.
class LoggedLineServer final : public LineServer {
 public:
  LoggedLineServer(Clock& clock, props::EventLog& log) : LineServer(clock), log_(log) {}
  void lineReceived(std::string_view line) override {
    LineServer::lineReceived(line);
    log_.event("line", line);
  }
  void rawDataReceived(ByteView data) override {
    log_.part("raw", data.sub(0, rawLeft()));
    LineServer::rawDataReceived(data);
  }
  void lineLengthExceeded(std::string_view line) override {
    LineServer::lineLengthExceeded(line);
    log_.event("too long", line);
  }

 private:
  props::EventLog& log_;
};

constexpr std::string_view kWords[] = {"\r\n",          "\r",      "\n", "echo a\r\n", "raw 3\r\nabc", "pause 5\r\n",
                                       "later 5 x\r\n", "quit\r\n"};

fakes::ScenarioOptions chunkOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.play.bytes = 8192;
  return options;
}

/// Runs a line server in the world and watches it to its end. Returns true if there is no verdict.
bool live(fakes::World& world) {
  props::Bounds bounds;
  bounds.bufferedBytes = LineServer::kMaxLine + 2 + fakes::SimDriver::kMaxChunk;
  bounds.buffered = [](const Protocol& protocol) { return static_cast<const LineServer&>(protocol).bufferedBytes(); };
  props::Watch watch(world, bounds, {.timerLeft = true});
  Reactor& reactor = world.host().reactor();
  const auto factory = Factory::forProtocol<LineServer>(std::ref(reactor));
  factory->noisy = false;
  reactor.listenTCP(1, watch.over(factory));
  world.run();
  watch.finish();
  return world.verdict() == nullptr;
}

TEASEL_SCENARIO(line_chunks, "what the line server hears and says does not depend on how its input is cut", chunkOptions()) {
  const props::Subject subject = [](Reactor& reactor, props::EventLog& log) {
    return std::make_shared<LoggedLineServer>(reactor, log);
  };
  if (live(world) && props::chunkInvariance(world, subject) && props::exactlyOnce(world, subject, 2))
    props::chunkCost(world, subject);
}

}  // namespace
}  // namespace teasel::targets
