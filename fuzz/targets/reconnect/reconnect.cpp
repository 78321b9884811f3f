// A ClientService and a ReconnectingClientFactory against a server that accepts, refuses, closes,
// resets or is cut off. app events move both sides; models say what must come of it.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <teasel/application/client_service.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocol/reconnecting_client_factory.hpp>
#include <teasel/reactor/reactor.hpp>

#include "reconnect/model.hpp"

namespace teasel::targets {
namespace {

using namespace std::chrono_literals;
using ProtocolPtr = std::shared_ptr<Protocol>;

/// What `app N` does. The numbers stand in the corpus.
enum class Op : std::uint8_t {
  kStart,    ///< of the service
  kStop,     ///< of the service
  kAsk,      ///< whenConnected, to fail after ARGUMENT modulo 4 failures
  kCancel,   ///< the oldest Deferred of whenConnected
  kPrepare,  ///< new connections are prepared: at once, never, or after 5 s (ARGUMENT modulo 3)
  kConnect,  ///< the factory's connector
  kStopTrying,
  kResumeTrying,
  kResetDelay,
  kListen,
  kRefuse,
  kServe,  ///< the server keeps, closes or resets new connections (ARGUMENT modulo 3)
  kClose,  ///< the server closes all connections
  kReset,  ///< the server resets all connections
  kPartition,
  kRepair,
};
constexpr std::uint16_t kOps = 16;
constexpr std::size_t kMaxAsked = 64;
/// After so long the clients stop, because a world must come to its end.
constexpr Duration kRun = 3min;

fakes::ScenarioOptions reconnectOptions() {
  fakes::ScenarioOptions options;
  options.shape.events = 24;
  options.shape.connections = 1;
  options.shape.appOps = kOps;
  options.play.connections = 1;
  options.world.faults.refuse = {1, 16};
  options.world.faults.reset = {1, 32};
  // The models say to the nanosecond when a client tries again. A host that is busy is late.
  options.climate.without = {&fakes::Faults::listen, &fakes::Faults::slow};
  options.talks = false;  // it is about connections
  return options;
}

/// The server's side.
class Served final : public Factory {
 public:
  enum class Way : std::uint8_t { kKeep, kClose, kReset };
  Served() { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Serves>(); }
  void endAll(bool abort) {
    for (Protocol* each : std::vector(live))
      if (abort) each->transport().abortConnection();
      else each->transport().loseConnection();
  }
  std::vector<Protocol*> live;
  Way way = Way::kKeep;

 private:
  class Serves final : public Protocol {
    Served& served() { return static_cast<Served&>(*factory()); }
    void connectionMade() override {
      served().live.push_back(this);
      if (served().way == Way::kClose) transport().loseConnection();
      if (served().way == Way::kReset) transport().abortConnection();
    }
    void connectionLost(const Failure&) override { std::erase(served().live, this); }
  };
};

/// The service, its model, and what tells the model what happens.
class ServiceRig {
 public:
  ServiceRig(fakes::World& world, Reactor& reactor, const std::string& host)
      : world_(world), reactor_(reactor), tcp_(reactor, host, 8000) {
    auto factory = Factory::forProtocol<Told>(std::ref(*this));
    factory->noisy = false;
    service_ = std::make_shared<ClientService>(
        reactor, std::make_shared<Endpoint>(*this), factory, [](std::size_t failed, std::uint64_t) { return retryDelay(failed); },
        [] { return std::uint64_t{0}; });
    service_->prepareConnection([this](const ProtocolPtr&) { return prepare(); });
  }

  void start() {
    model_.start();
    service_->startService();
  }
  Deferred<void> stop() {
    model_.stop();
    Deferred<void> stopped = service_->stopService();
    ++stopping_;
    stopped.addCallback([this] { --stopping_; });
    return stopped;
  }
  void ask(std::size_t failAfter) {
    if (asked_.size() == kMaxAsked) return;
    model_.ask(failAfter);
    Deferred<ProtocolPtr> waits = service_->whenConnected(failAfter);
    asked_.push_back(waits);
    waits.addBoth([this](const Result<ProtocolPtr>& result) { ++(result.ok() ? connected_ : failures_); });
  }
  void cancel() {
    std::size_t at = 0;  // among those that wait
    for (const Deferred<ProtocolPtr>& waits : asked_) {
      if (waits.called()) continue;
      ++model_.failures;
      model_.waiting.erase(model_.waiting.begin() + static_cast<std::ptrdiff_t>(at));
      return waits.cancel();
    }
  }
  void setPreparing(std::uint64_t way) { preparing_ = way % 3; }

  /// Whether the service is where the model is. Call it between turns.
  void compare() {
    world_.check(service_->state() == model_.state, "state");
    world_.check(service_->failedAttempts() == model_.failed, "failed-attempts");
    world_.check(stopping_ == model_.stopping, "stop-answers");
    world_.check(connected_ == model_.connected && failures_ == model_.failures, "when-connected");
    world_.check(
        service_->running() == (model_.state != ClientService::State::kInit && model_.state != ClientService::State::kStopped &&
                                model_.state != ClientService::State::kDisconnecting),
        "running");
  }
  bool stopped() const {
    return model_.state == ClientService::State::kStopped && !model_.live && model_.waiting.empty() && model_.stopping == 0;
  }

 private:
  class Endpoint final : public StreamClientEndpoint {
   public:
    explicit Endpoint(ServiceRig& rig) : rig_(rig) {}
    Deferred<ProtocolPtr> connect(std::shared_ptr<Factory> factory) override {
      rig_.world_.check(rig_.model_.attempt(rig_.reactor_.now()), "attempt-too-early-or-late");
      Deferred<ProtocolPtr> outcome = rig_.tcp_.connect(std::move(factory));
      outcome.tap([this] { rig_.model_.attempting = false; }).tapErrback([this] { rig_.model_.refused(rig_.reactor_.now()); });
      return outcome;
    }

   private:
    ServiceRig& rig_;
  };
  class Told final : public Protocol {
   public:
    explicit Told(ServiceRig& rig) : rig_(rig) {}
    void connectionMade() override {
      rig_.world_.check(!rig_.model_.live, "two-connections");
      rig_.model_.live = true;
    }
    void connectionLost(const Failure&) override { rig_.model_.lost(rig_.reactor_.now()); }

   private:
    ServiceRig& rig_;
  };

  Deferred<void> prepare() {
    if (preparing_ == 1) return fail<void>(std::runtime_error("rejected"));
    if (preparing_ == 0) {
      model_.established();
      return succeed();
    }
    const Deferred<void> preparing([this] { prepared_.cancelIfActive(); });
    prepared_ = reactor_.callLater(5s, [this, preparing] {
      model_.established();
      preparing.callback();
    });
    return preparing;
  }

  fakes::World& world_;
  Reactor& reactor_;
  TCP4ClientEndpoint tcp_;
  ServiceModel model_;
  std::shared_ptr<ClientService> service_;
  std::vector<Deferred<ProtocolPtr>> asked_;
  DelayedCall prepared_;
  std::uint64_t preparing_ = 0;
  std::size_t stopping_ = 0, connected_ = 0, failures_ = 0;
};

/// The factory, its connector and its model.
class FactoryRig {
 public:
  FactoryRig(fakes::World& world, Reactor& reactor, std::string host)
      : world_(world), reactor_(reactor), host_(std::move(host)), factory_(std::make_shared<Told>(*this)) {}

  void connect() {
    if (connector_ == nullptr) connector_ = reactor_.connectTCP(host_, 8000, factory_);
    else if (connector_->state() == Connector::State::kDisconnected) connector_->connect();
    else return;
    byHand_ = true;
  }
  void stopTrying() {
    model_.stop();
    factory_->stopTrying();
  }
  void resumeTrying() {
    model_.trying = true;
    factory_->resumeTrying();
  }
  void resetDelay() {
    model_.retries = 0;
    factory_->resetDelay();
  }
  void compare() {
    if (model_.due < reactor_.now()) model_.due = kNever;  // the user was faster
    world_.check(model_.due == reactor_.now() || factory_->waiting() == (model_.due != kNever), "retry-waits");
    world_.check(factory_->retries() == model_.retries, "retries");
  }
  /// Also ends the connection.
  void end() {
    stopTrying();
    if (connector_ != nullptr) connector_->disconnect();
  }

 private:
  class Quiet final : public Protocol {};
  class Told final : public ReconnectingClientFactory {
   public:
    explicit Told(FactoryRig& rig) : ReconnectingClientFactory(rig.reactor_, options()), rig_(rig) {
      noisy = false;
      setProtocol<Quiet>();
    }
    static ReconnectOptions options() {
      return {.maxDelay = 20s, .factor = {2, 1}, .jitter = {0, 1}, .maxRetries = FactoryModel::kMaxRetries};
    }
    void startedConnecting(Connector& connector) override {
      const bool byHand = std::exchange(rig_.byHand_, false);
      rig_.world_.check(byHand || rig_.model_.due == rig_.reactor_.now(), "retry-too-early-or-late");
      if (rig_.model_.due <= rig_.reactor_.now()) rig_.model_.due = kNever;
      ReconnectingClientFactory::startedConnecting(connector);
    }
    void clientConnectionFailed(Connector& connector, const Failure& reason) override {
      rig_.model_.ended(rig_.reactor_.now());
      ReconnectingClientFactory::clientConnectionFailed(connector, reason);
    }
    void clientConnectionLost(Connector& connector, const Failure& reason) override {
      rig_.model_.ended(rig_.reactor_.now());
      ReconnectingClientFactory::clientConnectionLost(connector, reason);
    }

   private:
    FactoryRig& rig_;
  };

  fakes::World& world_;
  Reactor& reactor_;
  const std::string host_;
  FactoryModel model_;
  std::shared_ptr<Told> factory_;
  std::shared_ptr<Connector> connector_;
  bool byHand_ = false;
};

/// The server's port, and what the Play does to it.
class ServerRig {
 public:
  explicit ServerRig(Reactor& reactor) : reactor_(reactor) { listen(true); }
  void listen(bool listening) {
    if (listening && port_ == nullptr) port_ = reactor_.listenTCP(8000, served_);
    else if (!listening && port_ != nullptr) std::exchange(port_, nullptr)->stopListening();
  }
  Served& served() { return *served_; }

 private:
  Reactor& reactor_;
  std::shared_ptr<Served> served_ = std::make_shared<Served>();
  std::shared_ptr<Port> port_;
};

void perform(fakes::World& world, Op op, std::uint64_t argument, ServiceRig& service, FactoryRig& factory, ServerRig& server) {
  switch (op) {
    case Op::kStart: return service.start();
    case Op::kStop: return void(service.stop());
    case Op::kAsk: return service.ask(argument % 4);
    case Op::kCancel: return service.cancel();
    case Op::kPrepare: return service.setPreparing(argument);
    case Op::kConnect: return factory.connect();
    case Op::kStopTrying: return factory.stopTrying();
    case Op::kResumeTrying: return factory.resumeTrying();
    case Op::kResetDelay: return factory.resetDelay();
    case Op::kListen: return server.listen(true);
    case Op::kRefuse: return server.listen(false);
    case Op::kServe: server.served().way = static_cast<Served::Way>(argument % 3); return;
    case Op::kClose: return server.served().endAll(false);
    case Op::kReset: return server.served().endAll(true);
    case Op::kPartition: return world.partition("client", "server");
    case Op::kRepair: return world.repair("client", "server");
  }
}

TEASEL_SCENARIO(reconnect,
                "clients that come back, against a server that refuses, closes, resets or is cut off; app N moves both",
                reconnectOptions()) {
  Reactor& client = world.host("client").reactor();
  ServerRig server(world.host("server").reactor());
  const std::string host = world.host("server").address().host();
  ServiceRig service(world, client, host);
  FactoryRig factory(world, client, host);
  const auto compare = [&] {
    service.compare();
    factory.compare();
  };
  bool over = false;
  const auto finish = [&] {
    over = true;
    world.repair("client", "server");
    factory.end();
    return service.stop();
  };
  client.callLater(kRun, [&] { finish(); });
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown,
                               [&] { finish().addCallback([block = client.blockSystemEvent()]() mutable { block(); }); });
  world.onApp([&](unsigned op, std::uint64_t argument) {
    if (over) return;
    compare();
    perform(world, static_cast<Op>(op % kOps), argument, service, factory, server);
    compare();
  });
  const bool ended = world.run();
  world.onApp([](unsigned, std::uint64_t) {});
  if (!ended) return;
  compare();
  world.check(service.stopped(), "stopped");
}

}  // namespace
}  // namespace teasel::targets
