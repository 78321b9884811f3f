#pragma once

// Two hosts that talk to each other, for tests of links and crashes. It is no part of the library.

#include <memory>
#include <string>

#include <teasel/fakes/world/test/world_test_kit.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes::test {

/// A world of "server", which listens on port 8000 whenever it starts, and "client". All protocols
/// are Recorders that write into one log: those of the server with "s." before each line, those of
/// the client with "c.".
struct Pair {
  explicit Pair(SimDriver::Mode mode = SimDriver::Mode::kReadiness) : Pair(WorldOptions{.mode = mode}) {}
  explicit Pair(const WorldOptions& options) : world(options) {
    onServer.name = "s.";
    onClient.name = "c.";
    onServer.onMade = [this](Recorder& self) { atServer = &self; };
    onClient.onMade = [this](Recorder& self) { atClient = &self; };
    server().onStart([this](Reactor& reactor) { reactor.listenTCP(8000, recorders(&log, &onServer)); });
    client();
  }
  Host& server() { return world.host("server"); }
  Host& client() { return world.host("client"); }
  /// The client begins to connect to the server.
  std::shared_ptr<Connector> dial(Duration timeout = std::chrono::seconds(30)) {
    return client().reactor().connectTCP(server().address().host(), 8000, std::make_shared<Clients>(&log, &onClient), timeout);
  }
  /// The client is connected, and the log is empty.
  void connected() {
    dial();
    world.settle();
    log.lines.clear();
  }
  std::string taken() {
    std::string text = log.text();
    log.lines.clear();
    return text;
  }

  Log log;
  Recorder::Does onServer, onClient;
  Recorder* atServer = nullptr;  ///< the newest protocol there; do not use it after a crash
  Recorder* atClient = nullptr;
  World world;
};

}  // namespace teasel::fakes::test
