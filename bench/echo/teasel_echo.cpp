#include "teasel_echo.hpp"

#include <memory>
#include <string>

#include <teasel/drivers/drivers.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

#include "../harness/rows.hpp"
#include "../raw/sockets.hpp"

namespace teasel::bench {
namespace {

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

std::unique_ptr<Driver> driverFor(const std::string& name) {
  const bool chosen = name == "io_uring" && effort().uringFeatures;
  return makeDriver(chosen ? name + ':' + *effort().uringFeatures : name);
}

}  // namespace

Serve teaselEcho(const std::string& driver) {
  return [driver](const Listening& listening) {
    Reactor reactor(driverFor(driver));
    const auto factory = Factory::forProtocol<Echo>();
    factory->noisy = false;
    const std::shared_ptr<Port> port = reactor.listenTCP(0, factory, 1024, "127.0.0.1");
    reactor.callWhenRunning([&] { listening(port->getHost().port()); });
    reactor.run();
  };
}

Serve teaselUnixEcho(const std::string& driver) {
  return [driver](const Listening& listening) {
    Reactor reactor(driverFor(driver));
    const auto factory = Factory::forProtocol<Echo>();
    factory->noisy = false;
    socklen_t size = 0;
    const sockaddr_un at = unixName(getppid(), unixNumber(), size);
    const std::string name(at.sun_path, size - offsetof(sockaddr_un, sun_path));
    const std::shared_ptr<Port> port = reactor.listenUNIX(name, factory, {.backlog = 1024});
    reactor.callWhenRunning([&] { listening(unixNumber()); });
    reactor.run();
  };
}

}  // namespace teasel::bench
