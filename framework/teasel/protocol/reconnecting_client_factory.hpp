#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/retry_delays.hpp>

namespace teasel {

/// How a ReconnectingClientFactory waits between attempts.
struct ReconnectOptions {
  /// Before the first retry. With 0 every retry comes at once, without end.
  Duration initialDelay = std::chrono::seconds(1);
  /// No delay is longer, variation included.
  Duration maxDelay = std::chrono::hours(1);
  /// Each delay is so many times the one before. At least 1.
  Fraction factor = {27183, 10000};
  /// The delay that is waited lies within this share of the delay above and below it, evenly
  /// spread; 0 to 1.
  Fraction jitter = {12, 100};
  /// How many retries follow each other without a resetDelay; nothing: without end.
  std::optional<std::size_t> maxRetries = std::nullopt;
  /// Where the variation comes from. Null: seededRandom with a seed from the clock's time.
  RandomSource randomSource = nullptr;
};

/// A client factory that connects again when its connection is lost or cannot be made, after a
/// delay that grows (twisted.internet.protocol.ReconnectingClientFactory).
///
///     class Ticker : public Protocol {
///       void connectionMade() override {
///         static_cast<ReconnectingClientFactory&>(*factory()).resetDelay();
///         ...
///     auto factory = ReconnectingClientFactory::forProtocol<Ticker>(reactor);
///     reactor.connectTCP("ticker.example", 8007, factory);
///     ...
///     factory->stopTrying();
///
/// A successful connection does not reset the delay, because a server may accept and then close.
/// Call resetDelay when the connection has proved useful, usually in connectionMade or after a
/// login. With the options as they are, the retries come after 1, 2.7, 7.4, 20.1 s and so on, up to
/// one hour, each varied by up to 12 %.
///
/// While a retry waits, its timer keeps connector and factory alive. The delay and the count belong
/// to the factory: give each connector a factory of its own. ClientService does the same on an
/// endpoint, and has more: it tells when the connection is there, and when it has ended.
///
/// A subclass that overrides clientConnectionFailed or clientConnectionLost calls the base.
class ReconnectingClientFactory : public ClientFactory {
 public:
  /// `clock` is usually the reactor, and must outlive the factory. Throws UsageError and
  /// NegativeDelay for options that make no sense.
  explicit ReconnectingClientFactory(Clock& clock, ReconnectOptions options = {});
  ~ReconnectingClientFactory() override;
  /// Makes a factory that builds Ps, each made with a copy of the arguments.
  template <std::derived_from<Protocol> P, class... Args>
  static std::shared_ptr<ReconnectingClientFactory> forProtocol(Clock& clock, ReconnectOptions options = {}, Args... args) {
    auto factory = std::make_shared<ReconnectingClientFactory>(clock, std::move(options));
    factory->template setProtocol<P>(std::move(args)...);
    return factory;
  }

  void startedConnecting(Connector& connector) override;
  void clientConnectionFailed(Connector& connector, const Failure& reason) override;
  void clientConnectionLost(Connector& connector, const Failure& reason) override;

  /// Connects `connector` again after the next delay. It does nothing after stopTrying, and when
  /// maxRetries is used up; it logs that. A retry that waits already is replaced. If the connector
  /// is not disconnected when the delay is over, nothing happens then.
  void retry(Connector& connector);
  /// The same for the connector that the factory heard of last. Throws UsageError without one.
  void retry();
  /// Makes no more attempts: takes back the retry that waits, and gives up the attempt that is
  /// under way (clientConnectionFailed follows with a UserError). A connection that is made stays,
  /// and is not replaced. This holds until resumeTrying.
  void stopTrying();
  /// Retries again after failures and losses to come. Twisted: continueTrying = True.
  void resumeTrying() noexcept { continueTrying_ = true; }
  /// The next retry waits initialDelay, and maxRetries are allowed again. A retry that waits keeps
  /// its time.
  void resetDelay() noexcept { retries_ = 0; }

  bool continueTrying() const noexcept { return continueTrying_; }
  /// How many retries there were since the start or the last resetDelay.
  std::size_t retries() const noexcept { return retries_; }
  /// The last delay, as it was waited. 0 before the first one.
  Duration delay() const noexcept { return delay_; }
  /// Whether a retry waits for its time.
  bool waiting() const noexcept;
  const ReconnectOptions& options() const noexcept { return options_; }

 private:
  struct Pending {
    const Connector* connector;
    DelayedCall call;  // keeps the connector
  };
  void remember(Connector& connector);
  void cancel(const Connector& connector);
  Duration nextDelay();

  Clock& clock_;
  ReconnectOptions options_;
  std::weak_ptr<Connector> connector_;  // heard of last
  std::vector<Pending> pending_;        // one for each connector that waits
  std::size_t retries_ = 0;
  Duration base_{};   // the last delay without its variation
  Duration delay_{};  // with it
  bool continueTrying_ = true;
};

}  // namespace teasel
