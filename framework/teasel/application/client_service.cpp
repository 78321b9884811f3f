#include <teasel/application/client_service.hpp>

#include <algorithm>
#include <string>

#include <teasel/core/check.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("client");
using ProtocolPtr = std::shared_ptr<Protocol>;
}  // namespace

/// One connection of the service: from connect() of the endpoint until the endpoint has answered
/// and every connection that it made is over. The service hears established() at most once, then
/// ended() once. The endpoint may make several connections and keep one of them.
class ClientService::Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  explicit Attempt(ClientService& service) : service_(&service) {}
  void begin();
  /// Gives the attempt up, or closes its connection. ended() follows, perhaps inside this call.
  void stop();
  /// The service is being destroyed.
  void forget();

  // From the connections of this attempt.
  void made(const std::shared_ptr<Watched>& connection) { live_.push_back(connection); }
  void lost(const Watched& connection, const Failure& reason);

 private:
  enum class Phase : std::uint8_t { kConnecting, kPreparing, kMade, kClosing, kEnded };
  void answered(const Result<ProtocolPtr>& answer);
  void prepare();
  void prepared(const Result<void>& result);
  void close(const Failure& why, bool abort);
  void endIfOver();

  ClientService* service_;  // null when it has heard ended(), or is gone
  Phase phase_ = Phase::kConnecting;
  bool stopRequested_ = false;                  // while kConnecting
  Deferred<ProtocolPtr> connecting_{nullptr};   // the endpoint's answer, while it is awaited
  Deferred<void> preparing_{nullptr};           // while kPreparing
  std::shared_ptr<Watched> connection_;         // the one that the endpoint has answered with
  std::vector<std::shared_ptr<Watched>> live_;  // the connections that are not over
  Failure why_;                                 // for ended()
};

/// Stands before the user's protocol, to learn when the connection begins and ends. The user's
/// protocol writes to the connection's own transport.
class ClientService::Watched final : public Protocol {
 public:
  Watched(ProtocolPtr inner, std::weak_ptr<Attempt> attempt) : inner_(std::move(inner)), attempt_(std::move(attempt)) {}

  void makeConnection(std::shared_ptr<Transport> transport) override {
    if (const auto attempt = attempt_.lock()) attempt->made(std::static_pointer_cast<Watched>(shared_from_this()));
    Protocol::makeConnection(transport);
    inner_->makeConnection(std::move(transport));
  }
  void dataReceived(ByteView data) override { inner_->dataReceived(data); }
  bool halfCloseable() const noexcept override { return inner_->halfCloseable(); }
  void readConnectionLost() override { inner_->readConnectionLost(); }
  void writeConnectionLost() override { inner_->writeConnectionLost(); }
  void producingResumed() override { inner_->producingResumed(); }
  void connectionLost(const Failure& reason) override {
    reason_ = reason;
    try {
      inner_->connectionLost(reason);
    } catch (...) {
      tell();
      throw;
    }
    tell();
  }
  std::string logPrefix() const override { return inner_->logPrefix(); }

  const ProtocolPtr& inner() const noexcept { return inner_; }
  /// Why it is over; no failure before.
  const Failure& reason() const noexcept { return reason_; }

 private:
  void tell() {
    if (const auto attempt = attempt_.lock()) attempt->lost(*this, reason_);
  }
  const ProtocolPtr inner_;
  const std::weak_ptr<Attempt> attempt_;
  Failure reason_;
};

/// Builds what the user's factory builds, each in a Watched.
class ClientService::AttemptFactory final : public Factory {
 public:
  AttemptFactory(std::shared_ptr<Factory> wrapped, std::weak_ptr<Attempt> attempt)
      : wrapped_(std::move(wrapped)), attempt_(std::move(attempt)) {
    noisy = false;  // the wrapped factory logs
  }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override {
    ProtocolPtr protocol = detail::buildProtocol(wrapped_, peer);
    return protocol == nullptr ? nullptr : std::make_shared<Watched>(std::move(protocol), attempt_);
  }
  void startFactory() override { wrapped_->doStart(); }
  void stopFactory() override { wrapped_->doStop(); }
  void forgetFactory() noexcept override { wrapped_->forgetPort(); }
  std::string logPrefix() const override { return wrapped_->logPrefix(); }

 private:
  const std::shared_ptr<Factory> wrapped_;
  const std::weak_ptr<Attempt> attempt_;
};

// Attempt -----------------------------------------------------------------------------------------

void ClientService::Attempt::begin() {
  const auto keep = shared_from_this();
  const auto factory = std::make_shared<AttemptFactory>(service_->factory_, weak_from_this());
  Deferred<ProtocolPtr> connecting = maybeDeferred([&] { return service_->endpoint_->connect(factory); });
  connecting_ = connecting;  // its callbacks may not be added to any more, but it cancels
  connecting.addBoth([weak = weak_from_this()](const Result<ProtocolPtr>& answer) {
    if (const auto self = weak.lock()) self->answered(answer);
    else if (answer.ok()) answer.value()->transport().loseConnection();  // the service is gone
  });
  if (phase_ == Phase::kConnecting && stopRequested_) connecting_.cancel();
}

void ClientService::Attempt::answered(const Result<ProtocolPtr>& answer) {
  connecting_ = nullptr;
  if (!answer.ok()) return close(answer.failure(), !stopRequested_);
  connection_ = std::dynamic_pointer_cast<Watched>(answer.value());
  if (connection_ == nullptr) {
    answer.value()->transport().abortConnection();
    return close(Failure(UsageError("the endpoint of a ClientService gave a protocol that the factory did not build")), true);
  }
  if (connection_->reason()) return close(connection_->reason(), true);  // it was lost already
  if (stopRequested_) return close(Failure(CancelledError("the client service was stopped")), false);
  prepare();
}

void ClientService::Attempt::prepare() {
  phase_ = Phase::kPreparing;
  if (!service_->prepare_) return prepared({});
  const std::shared_ptr<Service> keep = service_->shared_from_this();
  Deferred<void> preparing = service_->prepare_(connection_->inner());
  preparing_ = preparing;
  preparing.addBoth([weak = weak_from_this()](const Result<void>& result) {
    if (const auto self = weak.lock()) self->prepared(result);
  });
  // The callback may have stopped the service.
  if (phase_ != Phase::kPreparing && preparing_) std::exchange(preparing_, Deferred<void>(nullptr)).cancel();
}

void ClientService::Attempt::prepared(const Result<void>& result) {
  preparing_ = nullptr;
  if (phase_ != Phase::kPreparing) return;  // too late: the connection is being closed
  if (!result.ok()) return close(result.failure(), true);
  phase_ = Phase::kMade;
  service_->established(connection_->inner());
}

void ClientService::Attempt::stop() {
  const auto keep = shared_from_this();
  stopRequested_ = true;
  if (phase_ == Phase::kConnecting) {
    if (connecting_) Deferred<ProtocolPtr>(connecting_).cancel();
  } else if (phase_ == Phase::kPreparing || phase_ == Phase::kMade) {
    close(Failure(CancelledError("the client service was stopped")), false);
  }
}

void ClientService::Attempt::forget() {
  service_ = nullptr;
  stop();
}

/// The attempt is to end, for this reason. Ends what is live; the losers of the endpoint as well.
void ClientService::Attempt::close(const Failure& why, bool abort) {
  phase_ = Phase::kClosing;
  why_ = why;
  for (const std::shared_ptr<Watched>& connection : std::vector(live_))
    if (abort) connection->transport().abortConnection(Site::here(), why);
    else connection->transport().loseConnection();
  if (preparing_) std::exchange(preparing_, Deferred<void>(nullptr)).cancel();
  endIfOver();
}

void ClientService::Attempt::lost(const Watched& connection, const Failure& reason) {
  const auto keep = shared_from_this();
  std::erase_if(live_, [&](const std::shared_ptr<Watched>& live) { return live.get() == &connection; });
  if (connection_.get() == &connection && (phase_ == Phase::kPreparing || phase_ == Phase::kMade)) close(reason, true);
  else endIfOver();
}

void ClientService::Attempt::endIfOver() {
  if (phase_ != Phase::kClosing || !live_.empty()) return;
  phase_ = Phase::kEnded;
  connection_ = nullptr;
  if (ClientService* service = std::exchange(service_, nullptr)) service->ended(why_);
}

// ClientService -----------------------------------------------------------------------------------

ClientService::ClientService(Clock& clock, std::shared_ptr<StreamClientEndpoint> endpoint, std::shared_ptr<Factory> factory,
                             RetryPolicy retryPolicy, RandomSource random)
    : clock_(clock),
      endpoint_(std::move(endpoint)),
      factory_(std::move(factory)),
      retryPolicy_(std::move(retryPolicy)),
      random_(std::move(random)) {
  if (endpoint_ == nullptr) throw UsageError("a ClientService needs an endpoint");
  if (factory_ == nullptr) throw UsageError("a ClientService needs a factory");
  if (!retryPolicy_) throw UsageError("a ClientService needs a retry policy");
}

ClientService::~ClientService() {
  retry_.cancelIfActive();
  if (attempt_ != nullptr) attempt_->forget();
}

void ClientService::startService() {
  if (running()) {
    if (kLog.enabled(LogLevel::kWarn)) kLog.warn(factory_->logPrefix() + " was started again while its service runs");
    return;
  }
  Service::startService();
  if (state_ == State::kDisconnecting) {
    state_ = State::kRestarting;
  } else if (state_ == State::kInit || state_ == State::kStopped) {
    failedAttempts_ = 0;
    connect();
  }
}

Deferred<void> ClientService::stopService() {
  Service::stopService();
  if (state_ == State::kInit || state_ == State::kWaiting || state_ == State::kStopped) {
    retry_.cancelIfActive();
    stopped();
    return succeed();
  }
  const Deferred<void> waits;
  stopping_.push_back(waits);
  const bool closing = state_ == State::kDisconnecting || state_ == State::kRestarting;
  state_ = State::kDisconnecting;
  protocol_ = nullptr;
  if (!closing) std::shared_ptr<Attempt>(attempt_)->stop();
  return waits;
}

Deferred<std::shared_ptr<Protocol>> ClientService::whenConnected(std::size_t failAfterFailures) {
  if (state_ == State::kConnected) return succeed(protocol_);
  if (state_ == State::kStopped) return fail<ProtocolPtr>(CancelledError("the client service is stopped"));
  const std::uint64_t number = ++lastWaiter_;
  const Connected waits([weak = weak_from_this(), number] {
    if (const auto self = std::static_pointer_cast<ClientService>(weak.lock()))
      std::erase_if(self->waiting_, [&](const Waiter& waiter) { return waiter.number == number; });
  });
  waiting_.push_back({number, failAfterFailures, waits});
  return waits;
}

void ClientService::connect() {
  state_ = State::kConnecting;
  attempt_ = std::make_shared<Attempt>(*this);
  const auto attempt = attempt_;
  attempt->begin();
}

/// An attempt has failed, or a connection was lost: waits, then connects.
void ClientService::retryLater() {
  state_ = State::kWaiting;
  ++failedAttempts_;
  const std::size_t attempt = failedAttempts_;
  const Duration delay = nextDelay();
  // The policy is the user's, and may have stopped the service.
  if (state_ != State::kWaiting || failedAttempts_ != attempt || retry_.active()) return;
  retry_ = clock_.callLater(delay, [this] {
    const auto keep = shared_from_this();
    connect();
  });
}

Duration ClientService::nextDelay() {
  std::uint64_t bits = 0;
  Duration delay{};
  Failure failure;
  guarded("retryPolicy", failure, [&] {
    if (!random_) random_ = seededRandom(seedFrom(clock_));
    bits = random_();
    delay = retryPolicy_(failedAttempts_, bits);
    if (delay < Duration::zero()) throw NegativeDelay("a retry policy gave " + durationText(delay));
  });
  if (!failure) return delay;
  kLog.failure("backoffPolicy() decides, because the retry policy has failed", failure);
  return backoffPolicy()(failedAttempts_, bits);
}

void ClientService::established(const ProtocolPtr& protocol) {
  TEASEL_CHECK(state_ == State::kConnecting);
  const auto keep = shared_from_this();
  state_ = State::kConnected;
  failedAttempts_ = 0;
  protocol_ = protocol;
  for (const Waiter& waiter : std::exchange(waiting_, {})) waiter.deferred.callback(protocol);
}

void ClientService::ended(const Failure& why) {
  const auto keep = shared_from_this();
  attempt_ = nullptr;
  protocol_ = nullptr;
  const State before = state_;
  if (before == State::kDisconnecting) return stopped();
  if (before == State::kRestarting) {
    const std::vector<Deferred<void>> stopping = std::exchange(stopping_, {});
    failedAttempts_ = 0;
    connect();
    for (const Deferred<void>& waiter : stopping) waiter.callback();
    return;
  }
  if (kLog.enabled(LogLevel::kInfo))
    kLog.info(factory_->logPrefix() + (before == State::kConnected ? " lost its connection: " : " could not connect: ") +
              why.what());
  retryLater();
  if (before == State::kConnecting) failWaiters(why);
}

/// Fails those who have waited for as many failed attempts as they wanted to.
void ClientService::failWaiters(const Failure& why) {
  std::vector<Connected> failing;
  std::erase_if(waiting_, [&](Waiter& waiter) {
    if (waiter.failuresLeft == 0) return false;
    if (--waiter.failuresLeft > 0) return false;
    failing.push_back(waiter.deferred);
    return true;
  });
  for (const Connected& waiter : failing) waiter.errback(why);
}

void ClientService::stopped() {
  state_ = State::kStopped;
  const std::vector<Waiter> waiting = std::exchange(waiting_, {});
  const std::vector<Deferred<void>> stopping = std::exchange(stopping_, {});
  for (const Waiter& waiter : waiting) waiter.deferred.errback(CancelledError("the client service was stopped"));
  for (const Deferred<void>& waiter : stopping) waiter.callback();
}

const char* name(ClientService::State state) noexcept {
  switch (state) {
    case ClientService::State::kInit: return "Init";
    case ClientService::State::kConnecting: return "Connecting";
    case ClientService::State::kWaiting: return "Waiting";
    case ClientService::State::kConnected: return "Connected";
    case ClientService::State::kDisconnecting: return "Disconnecting";
    case ClientService::State::kRestarting: return "Restarting";
    case ClientService::State::kStopped: return "Stopped";
  }
  return "?";
}

}  // namespace teasel
