#include <teasel/protocol/connector.hpp>

#include <optional>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>
#include <teasel/reactor/resolver.hpp>
#include <teasel/transport/connection.hpp>

namespace teasel {

namespace {

constexpr Logger kLog("connector");

/// Where a connector connects to.
struct Destination {
  std::string text;        // what getDestination says
  std::string host;        // an IP literal or a name; not used with an address
  std::uint16_t port = 0;  // the same
  Address address;         // of a UNIX socket
  ConnectOptions options{};
};

class StreamConnector final : public Connector, private ConnectionOwner, private TurnEnd, private Resource {
 public:
  StreamConnector(Reactor& reactor, Destination to, std::shared_ptr<ClientFactory> factory, Duration timeout)
      : reactor_(reactor), to_(std::move(to)), factory_(std::move(factory)), timeout_(timeout) {}

  void connect() override {
    if (state_ != State::kDisconnected)
      throw UsageError("connect() of a connector to " + getDestination() + " that is not disconnected");
    state_ = State::kConnecting;
    ++attempt_;
    failure_ = Failure();
    if (self_ == nullptr) {
      self_ = std::static_pointer_cast<StreamConnector>(shared_from_this());
      reactor_.addResource(*this);
    }
    // The factory hears of the attempt at the end of the turn: no callback runs inside this call.
    reactor_.atTurnEnd(*this);
  }

  void stopConnecting() override {
    if (state_ != State::kConnecting) throw NotConnectingError("stopConnecting() of a connector to " + getDestination());
    giveUp(Failure(UserError("stopConnecting() was called")));
  }

  void disconnect() override {
    if (state_ == State::kConnecting) stopConnecting();
    else if (state_ == State::kConnected) connection_->loseConnection();
  }

  State state() const noexcept override { return state_; }
  std::string getDestination() const override { return to_.text; }
  const std::shared_ptr<ClientFactory>& factory() const noexcept override { return factory_; }

 private:
  /// Calls the factory. What it throws is logged and returned.
  template <class F>
  Failure tell(const char* callback, F&& call) {
    Failure failure;
    if (!guarded(callback, failure, std::forward<F>(call))) kLog.failure(std::string("exception out of ") + callback, failure);
    return failure;
  }

  void endTurn() override {
    if (state_ != State::kConnecting) return;
    if (!begun_) begin();
    else if (failure_) failed(failure_);
  }

  void begin() {
    begun_ = true;
    if (!started_) {
      const Failure failure = tell("startFactory", [&] { factory_->doStart(); });
      if (self_ == nullptr) return factory_->forgetPort();  // abandoned there
      if (failure) return failed(failure);
      started_ = true;
    }
    tell("startedConnecting", [&] { factory_->startedConnecting(*this); });
    if (self_ == nullptr) return;
    if (failure_) return failed(failure_);
    if (timeout_ < Duration::max())
      timer_ = reactor_.callLater(timeout_, [this] {
        giveUp(Failure(TimeoutError("connecting to " + getDestination() + " took longer than " + durationText(timeout_))));
      });
    if (to_.address.family() != Address::Family::kNone) return connectTo(to_.address);
    if (const auto literal = Address::parse(to_.host, to_.port)) return connectTo(*literal);
    lookup_ = reactor_.resolver().resolve(
        to_.host, to_.port,
        [weak = weak_from_this(), attempt = attempt_](const std::vector<Address>& addresses, const Failure& why) {
          const auto self = std::static_pointer_cast<StreamConnector>(weak.lock());
          if (self == nullptr || self->attempt_ != attempt || self->state_ != State::kConnecting || self->failure_) return;
          if (why) self->failed(why);
          else self->connectTo(preferred(addresses));
        });
  }

  /// The first IPv4 address, or the first one if there is none.
  static const Address& preferred(const std::vector<Address>& addresses) noexcept {
    for (const Address& each : addresses)
      if (each.family() == Address::Family::kIPv4) return each;
    return addresses.front();
  }

  void connectTo(const Address& address) {
    connection_ = Connection::connect(reactor_, address, to_.options, std::shared_ptr<ConnectionOwner>(self_, this));
  }

  void giveUp(const Failure& why) {
    if (failure_) return;
    failure_ = why;
    if (connection_ != nullptr) connection_->stopConnecting(why);  // comes back as connectionFailed
    else reactor_.atTurnEnd(*this);
  }

  std::shared_ptr<StreamProtocol> buildProtocol(const Address& peer) override {
    timer_.cancelIfActive();
    state_ = State::kConnected;
    protocol_ = detail::buildProtocol(factory_, peer);
    return protocol_;
  }
  void connectionMade() override { factory_->clientConnectionMade(*this, protocol_); }
  void connectionFailed(const Failure& why) override { failed(why); }
  void connectionClosed(const Failure& reason) override {
    ended([&] { factory_->clientConnectionLost(*this, reason); }, "clientConnectionLost");
  }

  void failed(const Failure& why) {
    ended([&] { factory_->clientConnectionFailed(*this, why); }, "clientConnectionFailed");
  }

  template <class F>
  void ended(F&& report, const char* callback) {
    const std::shared_ptr<StreamConnector> keep = self_;
    timer_.cancelIfActive();
    lookup_.cancel();
    connection_.reset();
    protocol_.reset();
    begun_ = false;
    state_ = State::kDisconnected;
    tell(callback, std::forward<F>(report));
    if (state_ != State::kDisconnected) return;  // it connects again, so the factory stays started
    if (self_ == nullptr) return;                // abandoned there
    unlink();
    self_.reset();
    if (std::exchange(started_, false)) tell("stopFactory", [&] { factory_->doStop(); });
  }

  void shutDown() override {
    // A connection is a resource of its own. Only an attempt ends here.
    if (state_ == State::kConnecting) giveUp(Failure(UserError("the reactor was shut down")));
  }
  void abandon(std::vector<std::shared_ptr<void>>& remains) override {
    if (std::exchange(started_, false)) factory_->forgetPort();
    ++attempt_;
    begun_ = false;
    failure_ = Failure();
    state_ = State::kDisconnected;
    remains.push_back(std::exchange(connection_, nullptr));
    remains.push_back(std::exchange(protocol_, nullptr));
    remains.push_back(std::exchange(self_, nullptr));
  }
  std::string describe() const override {
    return "connector to " + getDestination() + (state_ == State::kConnecting ? ", connecting" : ", connected");
  }

  Reactor& reactor_;
  const Destination to_;
  const std::shared_ptr<ClientFactory> factory_;
  const Duration timeout_;
  std::shared_ptr<StreamConnector> self_;
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Protocol> protocol_;
  DelayedCall timer_;
  Lookup lookup_;
  Failure failure_;  // why this attempt is given up
  std::uint64_t attempt_ = 0;
  State state_ = State::kDisconnected;
  bool started_ = false, begun_ = false;
};

std::shared_ptr<Connector> startConnecting(Reactor& reactor, const std::string& call, Destination to,
                                           std::shared_ptr<ClientFactory> factory, Duration timeout) {
  if (factory == nullptr) throw UsageError(call + " needs a factory");
  if (timeout < Duration::zero()) throw NegativeDelay(call + " with a timeout of " + durationText(timeout));
  auto connector = std::make_shared<StreamConnector>(reactor, std::move(to), std::move(factory), timeout);
  connector->connect();
  return connector;
}

}  // namespace

std::shared_ptr<Connector> Reactor::connectTCP(std::string host, int port, std::shared_ptr<ClientFactory> factory,
                                               Duration timeout, const Address& bindAddress) {
  const std::uint16_t checked = detail::checkedPort(port);
  if (checked == 0) throw InvalidAddressError("cannot connect to port 0");
  std::string text = detail::hostAndPort(host, port);
  return startConnecting(*this, "connectTCP", {std::move(text), std::move(host), checked, {}, ConnectOptions{bindAddress}},
                         std::move(factory), timeout);
}

std::shared_ptr<Connector> Reactor::connectUNIX(std::string path, std::shared_ptr<ClientFactory> factory, Duration timeout,
                                                bool checkPID) {
  const Address to = detail::checkedUnixPath(std::move(path), "connect to");
  if (checkPID && to.abstract()) throw UsageError("the abstract name " + to.text() + " has no lock: checkPID needs a file");
  return startConnecting(*this, "connectUNIX", {to.text(), {}, 0, to, ConnectOptions{{}, checkPID}}, std::move(factory), timeout);
}

}  // namespace teasel
