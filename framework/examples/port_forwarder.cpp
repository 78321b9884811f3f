#include <iostream>

#include <examples/serve.hpp>
#include <teasel/protocols/limit_connections.hpp>
#include <teasel/protocols/port_forwarder.hpp>
#include <teasel/protocols/timeout_protocol.hpp>
#include <teasel/protocols/traffic_logging.hpp>

int main(int argc, char** argv) {
  using namespace teasel;
  examples::Options options("port_forwarder", "Forwards each connection to another host and port, both ways.");
  examples::Server server(8127);
  server.addTo(options);
  std::string host = "127.0.0.1";
  int port = 8007, limit = 1000, idle = 1800;
  bool log = false;
  options.add("--to-host", "HOST", "the host to forward to", host);
  options.add("--to-port", "N", "the port to forward to", port);
  options.add("--limit", "N", "how many connections there may be at a time", limit);
  options.add("--idle", "SECONDS", "ends connections on which nothing passes for so long", idle);
  options.add("--log", "prints what passes", log);
  return options.run(argc, argv, [&] {
    if (limit < 1 || idle < 1) throw UsageError("--limit and --idle are at least 1");
    return server.run([&](Reactor& reactor) {
      // Each factory wraps the one before it.
      std::shared_ptr<Factory> factory = std::make_shared<ProxyFactory>(reactor, host, port);
      factory->noisy = false;
      factory = std::make_shared<LimitTotalConnectionsFactory>(factory, static_cast<std::size_t>(limit));
      factory = std::make_shared<TimeoutFactory>(reactor, factory, std::chrono::seconds(idle));
      if (log) factory = std::make_shared<TrafficLoggingFactory>(factory, TrafficLoggingFactory::to(std::cout));
      return factory;
    });
  });
}
