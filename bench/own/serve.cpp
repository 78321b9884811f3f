#include "serve.hpp"

#include <stdexcept>

#include <teasel/drivers/drivers.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>

#include "../servers/kind.hpp"

namespace teasel::bench {
namespace {

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

Registered makePlainEcho() {
  Registered made{kPlainEcho, "an echo of 64 bytes", {}, true};
  const std::string message(64, 'x');
  made.benchmark.server([](Reactor&) { return Factory::forProtocol<Echo>(); });
  made.benchmark.exchange(message, message);
  return made;
}

}  // namespace

const Registered& plainEcho() {
  static const Registered kMade = makePlainEcho();
  return kMade;
}

void serveBenchmark(const Benchmark& benchmark, const std::string& reactorName, const Listening& listening) {
  Reactor reactor(makeDriver(reactorName));
  const std::shared_ptr<Factory> factory = benchmark.makeServer()(reactor);
  if (!factory) throw std::runtime_error("its server is null");
  factory->noisy = false;
  const std::shared_ptr<Port> port = reactor.listenTCP(0, factory, kBacklog, "127.0.0.1");
  reactor.callWhenRunning([&] { listening(port->getHost().port()); });
  reactor.run();
}

}  // namespace teasel::bench
