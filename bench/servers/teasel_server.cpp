#include "teasel_server.hpp"

#include <memory>
#include <string>

#include <teasel/drivers/drivers.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/protocol.hpp>
#include <teasel/reactor/reactor.hpp>

#include "../load/effort.hpp"
#include "../raw/sockets.hpp"
#include "service.hpp"

namespace teasel::bench {
namespace {

class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

/// A connection of the other kinds. A source is paced as a pull producer.
class Served final : public Protocol, public ServedStream, public Producer {
 public:
  explicit Served(Service* service) : service_(service) {}
  void connectionMade() override {
    service_->opened(*this);
    if (service_->kind() == Kind::kSource)
      transport().registerProducer(std::static_pointer_cast<Served>(shared_from_this()), false);
  }
  void dataReceived(ByteView data) override { service_->received(*this, data.data(), data.size()); }
  void connectionLost(const Failure&) override { service_->closed(*this); }
  void write(const char* data, std::size_t size) override { transport().write(ByteView(data, size)); }
  void pauseProducing() override {}
  void resumeProducing() override { service_->drained(*this); }
  void stopProducing() override {}

 private:
  Service* service_;
};

}  // namespace

std::unique_ptr<Driver> driverFor(const std::string& name) {
  const bool chosen = name == "io_uring" && effort().uringFeatures;
  return makeDriver(chosen ? name + ':' + *effort().uringFeatures : name);
}

void serveTeasel(const std::string& driver, Kind kind, const Listening& listening) {
  Reactor reactor(driverFor(driver));
  Service service(kind, [&](unsigned milliseconds, std::function<void()> call) {
    reactor.callLater(std::chrono::milliseconds(milliseconds), std::move(call));
  });
  const auto factory = kind == Kind::kEcho ? Factory::forProtocol<Echo>() : Factory::forProtocol<Served>(&service);
  factory->noisy = false;
  const std::shared_ptr<Port> port = reactor.listenTCP(0, factory, kBacklog, "127.0.0.1");
  reactor.callWhenRunning([&] { listening(port->getHost().port()); });
  reactor.run();
}

void serveTeaselUnix(const std::string& driver, const Listening& listening) {
  Reactor reactor(driverFor(driver));
  const auto factory = Factory::forProtocol<Echo>();
  factory->noisy = false;
  socklen_t size = 0;
  const sockaddr_un at = unixName(getppid(), unixNumber(), size);
  const std::string name(at.sun_path, size - offsetof(sockaddr_un, sun_path));
  const std::shared_ptr<Port> port = reactor.listenUNIX(name, factory, {.backlog = kBacklog});
  reactor.callWhenRunning([&] { listening(unixNumber()); });
  reactor.run();
}

}  // namespace teasel::bench
