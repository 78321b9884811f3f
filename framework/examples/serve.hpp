#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <examples/options.hpp>
#include <teasel/drivers/drivers.hpp>
#include <teasel/drivers/signals.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::examples {

/// "epoll, io_uring": for help texts.
inline std::string knownReactors() {
  std::string names;
  for (const std::string_view name : driverNames()) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

/// Runs until Ctrl-C (or SIGTERM), then ends every connection and port.
inline void runUntilInterrupted(Reactor& reactor) {
  const posix::SignalWatch watch({SIGINT, SIGTERM}, [&reactor](int) {
    reactor.callFromThread([&reactor] {
      if (reactor.running() && !reactor.stopRequested()) reactor.stop();
    });
  });
  reactor.run();
}

/// What every server here can be told, and how it runs: listens, says where, serves until Ctrl-C.
struct Server {
  explicit Server(int defaultPort) : port(defaultPort) {}

  void addTo(Options& options) {
    options.add("--port", "N", "the port to listen on; 0: any free one", port);
    options.add("--interface", "ADDRESS", "the address to listen on", interface);
    options.add("--reactor", "NAME", "how the loop waits: " + knownReactors(), reactor);
  }
  int run(std::shared_ptr<Factory> factory) const {
    return run([&factory](Reactor&) { return factory; });
  }
  /// For a factory that needs the reactor: as its clock, or to connect elsewhere.
  int run(const std::function<std::shared_ptr<Factory>(Reactor&)>& makeFactory) const {
    Reactor loop(makeDriver(reactor));
    std::shared_ptr<Factory> factory = makeFactory(loop);
    factory->noisy = false;
    const auto listening = loop.listenTCP(port, std::move(factory), 50, interface);
    std::printf("listening on %s\n", listening->getHost().text().c_str());
    std::fflush(stdout);
    runUntilInterrupted(loop);
    std::printf("stopped\n");
    return 0;
  }

  int port;
  std::string interface = "127.0.0.1";
  std::string reactor = "epoll";
};

}  // namespace teasel::examples
