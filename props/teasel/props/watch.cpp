#include <teasel/props/watch.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/props/work.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocols/framing.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {

namespace {

/// Handles to all calls that wait in the world.
std::vector<DelayedCall> waitingCalls(fakes::World& world) {
  std::vector<DelayedCall> calls;
  for (const std::string& host : world.hostNames())
    for (PendingCall& waiting : world.host(host).reactor().getDelayedCalls()) calls.push_back(std::move(waiting.call));
  return calls;
}

/// Whether it is a framing protocol of Teasel, in wrappers or without.
bool isFraming(const Protocol* protocol) {
  while (const auto* wrapper = dynamic_cast<const ProtocolWrapper*>(protocol)) protocol = wrapper->wrappedProtocol().get();
  return dynamic_cast<const Framing*>(protocol) != nullptr;
}

}  // namespace

const char* name(CloseCause cause) noexcept {
  switch (cause) {
    case CloseCause::kPeer: return "peer";
    case CloseCause::kLoseConnection: return "loseConnection";
    case CloseCause::kFailConnection: return "failConnection";
    case CloseCause::kAbortConnection: return "abortConnection";
    case CloseCause::kException: return "exception";
    case CloseCause::kWriteLimit: return "write limit";
  }
  return "?";
}

/// The transport that a watched protocol sees. It passes everything on, and notes who ends the
/// connection.
class Watch::WatchedTransport final : public Transport {
 public:
  WatchedTransport(std::shared_ptr<State> state, Life& life, std::shared_ptr<Transport> inner)
      : state_(std::move(state)), life_(life), inner_(std::move(inner)) {}

  void write(ByteView data) override {
    const bool open = inner_->connected();
    const std::uint64_t dropped = inner_->counters().writesDropped;
    inner_->write(data);
    if (open && !inner_->connected()) life_.cause = CloseCause::kWriteLimit;
    if (!life_.closedItself() || life_.lost || inner_->counters().writesDropped == dropped) return;
    ++life_.droppedWhileClosing;
    if (state_->strict.writeWhileClosing)
      state_->world.fail("write-while-closing", std::to_string(data.size()) +
                                                    " bytes are written after the protocol's own close (" + name(life_.cause) +
                                                    ") and before connectionLost: they are dropped");
  }
  void loseConnection() override {
    closing(CloseCause::kLoseConnection);
    inner_->loseConnection();
  }
  void failConnection(const Failure& why) override {
    closing(CloseCause::kFailConnection);
    inner_->failConnection(why);
  }
  void abortConnection(Site site, const Failure& cause) override {
    // It drops output also where the peer has ended its direction and the flush goes on.
    if (inner_->connected()) life_.cause = CloseCause::kAbortConnection;
    inner_->abortConnection(site, cause);
  }
  void loseWriteConnection() override { inner_->loseWriteConnection(); }
  void pauseProducing() override { inner_->pauseProducing(); }
  void resumeProducing() override { inner_->resumeProducing(); }
  void stopProducing() override {
    closing(CloseCause::kLoseConnection);
    inner_->stopProducing();
  }
  const Address& getHost() const noexcept override { return inner_->getHost(); }
  const Address& getPeer() const noexcept override { return inner_->getPeer(); }
  bool connected() const noexcept override { return inner_->connected(); }
  bool disconnecting() const noexcept override { return inner_->disconnecting(); }
  bool paused() const noexcept override { return inner_->paused(); }
  const Counters& counters() const noexcept override { return inner_->counters(); }
  std::size_t pendingBytes() const noexcept override { return inner_->pendingBytes(); }
  void setWriteLimit(std::size_t bytes) override { inner_->setWriteLimit(bytes); }
  void registerProducer(std::shared_ptr<Producer> producer, bool streaming) override {
    inner_->registerProducer(std::move(producer), streaming);
  }
  void unregisterProducer() override { inner_->unregisterProducer(); }
  void setWaterMarks(std::size_t high, std::size_t low) override { inner_->setWaterMarks(high, low); }

 private:
  void closing(CloseCause cause) noexcept {
    if (inner_->connected() && !inner_->disconnecting()) life_.cause = cause;
  }

  const std::shared_ptr<State> state_;
  Life& life_;  // in state_
  const std::shared_ptr<Transport> inner_;
};

/// Stands between a connection and its protocol.
class Watch::Watched final : public Protocol {
 public:
  Watched(std::shared_ptr<State> state, Life& life, std::shared_ptr<Protocol> inner)
      : state_(std::move(state)), life_(life), inner_(std::move(inner)) {}

  void makeConnection(std::shared_ptr<Transport> transport) override {
    expect(!life_.made && !life_.lost, "connectionMade came twice, or after connectionLost");
    life_.made = true;
    life_.host = state_->world.running();
    if (life_.host != nullptr) life_.crashesBefore = life_.host->crashes();
    life_.transport = transport;
    run([&] { inner_->makeConnection(std::make_shared<WatchedTransport>(state_, life_, std::move(transport))); });
  }
  void dataReceived(ByteView data) override {
    expect(life_.made, "dataReceived before connectionMade");
    expect(!life_.lost, "dataReceived after connectionLost");
    expect(!data.empty(), "dataReceived with no bytes");
    if (life_.transport != nullptr)
      expect(!life_.transport->disconnecting(), "dataReceived after loseConnection or abortConnection");
    ++life_.deliveries;
    if (framing_) life_.framed += data.size();
    run([&] {
      const Meter meter(life_.work);
      inner_->dataReceived(data);
    });
  }
  void connectionLost(const Failure& reason) override {
    expect(life_.made, "connectionLost before connectionMade");
    expect(!life_.lost, "connectionLost came twice");
    life_.lost = true;
    life_.reason = reason;
    // An exception of its producer, which the protocol's callbacks do not show.
    if (!life_.closedItself() && reason.check<ConnectionClosed>() == nullptr) life_.cause = CloseCause::kException;
    inner_->connectionLost(reason);
    if (life_.transport != nullptr) life_.dropped = life_.transport->counters().writesDropped;
    if (state_->strict.timerLeft) checkTimers();
  }
  bool halfCloseable() const noexcept override { return inner_->halfCloseable(); }
  void readConnectionLost() override {
    expect(life_.made && !life_.lost, "readConnectionLost outside the connection's life");
    run([&] { inner_->readConnectionLost(); });
  }
  void producingResumed() override {
    expect(life_.made && !life_.lost, "producingResumed outside the connection's life");
    run([&] {
      const Meter meter(life_.work);
      inner_->producingResumed();
    });
  }
  void writeConnectionLost() override {
    expect(life_.made && !life_.lost, "writeConnectionLost outside the connection's life");
    run([&] { inner_->writeConnectionLost(); });
  }
  std::string logPrefix() const override { return inner_->logPrefix(); }

 private:
  /// Adds the work that is done while the meter lives. It lives inside run(), whose own work is not
  /// the protocol's.
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
    std::vector<DelayedCall> before;
    if (state_->strict.timerLeft) before = waitingCalls(state_->world);
    try {
      callback();
    } catch (...) {
      life_.cause = CloseCause::kException;
      throw;
    }
    if (state_->strict.timerLeft) keepNewTimers(before);
    checkBounds();
  }
  void keepNewTimers(const std::vector<DelayedCall>& before) {
    std::erase_if(life_.timers, [](const DelayedCall& timer) { return !timer.active(); });
    for (DelayedCall& call : waitingCalls(state_->world))
      if (std::find(before.begin(), before.end(), call) == before.end()) life_.timers.push_back(std::move(call));
  }
  void checkTimers() {
    std::erase_if(life_.timers, [](const DelayedCall& timer) { return !timer.active(); });
    life_.timersLeft = life_.timers.size();
    if (life_.timers.empty()) return;
    const DelayedCall& first = life_.timers.front();
    state_->world.fail("timer-left",
                       std::to_string(life_.timersLeft) +
                           " timer(s) of the protocol still wait when its connection is lost; one "
                           "was made at " +
                           first.site().text(),
                       first.site());
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
  const bool framing_ = isFraming(inner_.get());
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
  void forgetFactory() noexcept override { inner_->forgetPort(); }
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
  void forgetFactory() noexcept override { inner_->forgetPort(); }
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

Watch::Watch(fakes::World& world, Bounds bounds, StrictOracles strict)
    : state_(new State{world, std::move(bounds), strict, {}}) {}
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
    if (life.made && !life.lost && !life.hostCrashed()) state_->world.fail("lifecycle", which + " was made and never lost");
    if (life.transport != nullptr && life.transport->counters().writesDropped > life.dropped && life.lost)
      state_->world.fail("write-after-close", which + ": the protocol wrote after connectionLost");
  }
}

}  // namespace teasel::props
