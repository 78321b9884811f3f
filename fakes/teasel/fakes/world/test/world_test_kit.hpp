#pragma once

// Protocols, factories and a served world that tests share. They are no part of the library.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel::fakes::test {

/// Sends back what it receives.
class Echo final : public Protocol {
 public:
  void dataReceived(ByteView data) override { transport().write(data); }
};

/// What happened to the protocols of one test, in order: "made", "got:hello", "eof",
/// "lost:ConnectionDone".
struct Log {
  std::vector<std::string> lines;
  std::string text() const {
    std::string all;
    for (const std::string& line : lines) all += (all.empty() ? "" : " ") + line;
    return all;
  }
};

/// Writes down its callbacks. The test sets what else it does.
class Recorder final : public Protocol {
 public:
  struct Does {
    std::function<void(Recorder&)> onMade;
    std::function<void(Recorder&, ByteView)> onData;
    std::function<void(Recorder&)> onLost;
    std::string name;
    bool halfCloseable = false;
  };
  Recorder(Log* log, const Does* does) : log_(log), does_(does) {}

  void connectionMade() override {
    log_->lines.push_back(does_->name + "made");
    if (does_->onMade) does_->onMade(*this);
  }
  void dataReceived(ByteView data) override {
    log_->lines.push_back(does_->name + "got:" + escaped(data));
    if (does_->onData) does_->onData(*this, data);
  }
  void connectionLost(const Failure& reason) override {
    log_->lines.push_back(does_->name + "lost:" + reason.name());
    if (does_->onLost) does_->onLost(*this);
  }
  bool halfCloseable() const noexcept override { return does_->halfCloseable; }
  void readConnectionLost() override { log_->lines.push_back(does_->name + "eof"); }
  void writeConnectionLost() override { log_->lines.push_back(does_->name + "shut"); }

 private:
  Log* log_;
  const Does* does_;
};

/// A factory of Recorders that logs nothing.
inline std::shared_ptr<Factory> recorders(Log* log, const Recorder::Does* does) {
  auto factory = Factory::forProtocol<Recorder>(log, does);
  factory->noisy = false;
  return factory;
}

/// A client factory that writes down how its attempts end.
class Clients final : public ClientFactory {
 public:
  Clients(Log* log, const Recorder::Does* does) : log_(log), does_(does) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Recorder>(log_, does_); }
  void clientConnectionFailed(Connector&, const Failure& reason) override { log_->lines.push_back("failed:" + reason.name()); }

 private:
  Log* log_;
  const Recorder::Does* does_;
};

/// A world whose host "host" listens on port 8000 with Recorders, and what they wrote down.
struct Served {
  explicit Served(const WorldOptions& options = {}) : world(options) { listen(); }
  void listen() { port = world.host().reactor().listenTCP(8000, recorders(&log, &does)); }
  RemotePeer& peer() { return world.peer(0); }
  void again(const WorldOptions& options) {
    world.reset(options);
    log.lines.clear();
    listen();
  }
  Log log;
  Recorder::Does does;
  World world;
  std::shared_ptr<Port> port;
};

inline WorldOptions completion() {
  WorldOptions options;
  options.mode = SimDriver::Mode::kCompletion;
  return options;
}

}  // namespace teasel::fakes::test
