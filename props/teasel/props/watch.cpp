#include <teasel/props/watch.hpp>

#include <string>
#include <utility>

#include <teasel/props/work.hpp>
#include <teasel/protocol/connector.hpp>

namespace teasel::props {

/// Stands between a connection and its protocol.
class Watch::Watched final : public Protocol {
 public:
  Watched(std::shared_ptr<State> state, Life& life, std::shared_ptr<Protocol> inner)
      : state_(std::move(state)), life_(life), inner_(std::move(inner)) {}

  void makeConnection(std::shared_ptr<Transport> transport) override {
    expect(!life_.made && !life_.lost, "connectionMade came twice, or after connectionLost");
    life_.made = true;
    life_.transport = transport;
    run([&] { inner_->makeConnection(std::move(transport)); });
  }
  void dataReceived(ByteView data) override {
    expect(life_.made, "dataReceived before connectionMade");
    expect(!life_.lost, "dataReceived after connectionLost");
    expect(!data.empty(), "dataReceived with no bytes");
    if (life_.transport != nullptr)
      expect(!life_.transport->disconnecting(), "dataReceived after loseConnection or abortConnection");
    ++life_.deliveries;
    const Meter meter(life_.work);
    run([&] { inner_->dataReceived(data); });
  }
  void connectionLost(const Failure& reason) override {
    expect(life_.made, "connectionLost before connectionMade");
    expect(!life_.lost, "connectionLost came twice");
    life_.lost = true;
    life_.reason = reason;
    inner_->connectionLost(reason);
    if (life_.transport != nullptr) life_.dropped = life_.transport->counters().writesDropped;
  }
  bool halfCloseable() const noexcept override { return inner_->halfCloseable(); }
  void readConnectionLost() override {
    expect(life_.made && !life_.lost, "readConnectionLost outside the connection's life");
    run([&] { inner_->readConnectionLost(); });
  }
  void producingResumed() override {
    expect(life_.made && !life_.lost, "producingResumed outside the connection's life");
    const Meter meter(life_.work);
    run([&] { inner_->producingResumed(); });
  }
  void writeConnectionLost() override {
    expect(life_.made && !life_.lost, "writeConnectionLost outside the connection's life");
    run([&] { inner_->writeConnectionLost(); });
  }
  std::string logPrefix() const override { return inner_->logPrefix(); }

 private:
  /// Adds the work that is done while the meter lives.
  class Meter {
   public:
    explicit Meter(std::uint64_t& work) noexcept : work_(work), before_(workDone()) {}
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    ~Meter() { work_ += workDone() - before_; }

   private:
    std::uint64_t& work_;
    const std::uint64_t before_;
  };
  void expect(bool holds, const char* otherwise) {
    if (!holds) state_->world.fail("lifecycle", otherwise);
  }
  template <class F>
  void run(F&& callback) {
    try {
      callback();
    } catch (...) {
      life_.closedItself = true;
      throw;
    }
    if (life_.transport != nullptr && life_.transport->disconnecting()) life_.closedItself = true;
    checkBounds();
  }
  void checkBounds() {
    const Bounds& bounds = state_->bounds;
    if (bounds.buffered) compare("input buffered", bounds.buffered(*inner_), bounds.bufferedBytes);
    if (life_.transport != nullptr) compare("output pending", life_.transport->pendingBytes(), bounds.pendingBytes);
  }
  void compare(const char* what, std::size_t bytes, std::size_t most) {
    if (bytes <= most) return;
    state_->world.fail(
        "bounded-buffering",
        std::string(what) + ": " + std::to_string(bytes) + " bytes, at most " + std::to_string(most) + " are allowed",
        fakes::Excess{.measured = bytes, .allowed = most, .marginPercent = 25});
  }

  const std::shared_ptr<State> state_;
  Life& life_;  // in state_
  const std::shared_ptr<Protocol> inner_;
};

class Watch::Over final : public Factory {
 public:
  Over(std::shared_ptr<State> state, std::shared_ptr<Factory> inner) : state_(std::move(state)), inner_(std::move(inner)) {
    noisy = inner_->noisy;
  }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    return watched(state_, inner_->buildProtocol(peer), inner_);
  }
  void startFactory() override { inner_->doStart(); }
  void stopFactory() override { inner_->doStop(); }
  std::string logPrefix() const override { return inner_->logPrefix(); }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<Factory> inner_;
};

class Watch::OverClient final : public ClientFactory {
 public:
  OverClient(std::shared_ptr<State> state, std::shared_ptr<ClientFactory> inner)
      : state_(std::move(state)), inner_(std::move(inner)) {
    noisy = inner_->noisy;
  }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    return watched(state_, inner_->buildProtocol(peer), inner_);
  }
  void startFactory() override { inner_->doStart(); }
  void stopFactory() override { inner_->doStop(); }
  void startedConnecting(Connector& connector) override { inner_->startedConnecting(connector); }
  void clientConnectionMade(Connector& connector, const std::shared_ptr<Protocol>& protocol) override {
    inner_->clientConnectionMade(connector, protocol);
  }
  void clientConnectionFailed(Connector& connector, const Failure& reason) override {
    inner_->clientConnectionFailed(connector, reason);
  }
  void clientConnectionLost(Connector& connector, const Failure& reason) override {
    inner_->clientConnectionLost(connector, reason);
  }
  std::string logPrefix() const override { return inner_->logPrefix(); }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<ClientFactory> inner_;
};

Watch::Watch(fakes::World& world, Bounds bounds) : state_(new State{world, std::move(bounds), {}}) {}
Watch::~Watch() = default;

std::shared_ptr<Factory> Watch::over(std::shared_ptr<Factory> inner) { return std::make_shared<Over>(state_, std::move(inner)); }

std::shared_ptr<ClientFactory> Watch::overClient(std::shared_ptr<ClientFactory> inner) {
  return std::make_shared<OverClient>(state_, std::move(inner));
}

std::shared_ptr<Protocol> Watch::watched(const std::shared_ptr<State>& state, std::shared_ptr<Protocol> inner,
                                         const std::shared_ptr<Factory>& factory) {
  if (inner == nullptr) return nullptr;
  if (inner->factory() == nullptr) inner->setFactory(factory);
  state->lives.push_back(std::make_unique<Life>());
  state->lives.back()->protocol = inner;
  return std::make_shared<Watched>(state, *state->lives.back(), std::move(inner));
}

void Watch::finish() {
  if (state_->world.verdict() != nullptr) return;
  for (std::size_t i = 0; i < state_->lives.size(); ++i) {
    const Life& life = *state_->lives[i];
    const std::string which = "connection " + std::to_string(i) + " of the watched factory";
    if (life.made && !life.lost) state_->world.fail("lifecycle", which + " was made and never lost");
    if (life.transport != nullptr && life.transport->counters().writesDropped > life.dropped && life.lost)
      state_->world.fail("write-after-close", which + ": the protocol wrote after connectionLost");
  }
}

}  // namespace teasel::props
