#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include <teasel/protocols/protocol_wrapper.hpp>
#include <teasel/protocols/timeout_mixin.hpp>

namespace teasel {

/// Ends a connection on which nothing passes for a while, for a protocol that knows nothing of
/// time-outs. Each chunk that is received and each write of the wrapped protocol begins the period
/// anew. A protocol that knows better which of its input counts derives from TimeoutMixin instead.
/// The model is twisted.protocols.policies.TimeoutProtocol.
///
/// The period begins in connectionMade. setTimeout, resetTimeout and timeoutConnection are those of
/// TimeoutMixin: override timeoutConnection to do something else than loseConnection, and make such
/// wrappers with `WrappingFactory::in<MyTimeout>(factory, std::ref(clock), period)`.
class TimeoutProtocol : public TimeoutMixin<ProtocolWrapper> {
 public:
  /// `clock` must outlive the connection. Without a period nothing ends.
  TimeoutProtocol(std::shared_ptr<Protocol> wrapped, Clock& clock, std::optional<Duration> period)
      : TimeoutMixin(clock, std::move(wrapped)), period_(period) {}

  void connectionMade() override { setTimeout(period_); }
  void dataReceived(ByteView data) override {
    resetTimeout();
    ProtocolWrapper::dataReceived(data);
  }
  void write(ByteView data) override {
    resetTimeout();
    ProtocolWrapper::write(data);
  }

 private:
  std::optional<Duration> period_;
};

/// Puts each protocol of another factory into a TimeoutProtocol.
///
///     reactor.listenTCP(8000, std::make_shared<TimeoutFactory>(reactor, factory, 5min));
class TimeoutFactory : public WrappingFactory {
 public:
  /// Twisted's default.
  static constexpr Duration kDefaultPeriod = std::chrono::minutes(30);
  /// `clock` is usually the reactor, and must outlive the connections. Throws UsageError for a null
  /// factory, and NegativeDelay for a negative period.
  TimeoutFactory(Clock& clock, std::shared_ptr<Factory> wrapped, Duration period = kDefaultPeriod)
      : WrappingFactory(std::move(wrapped)), clock_(clock), period_(period) {
    if (period < Duration::zero()) throw NegativeDelay("a TimeoutFactory with a period of " + durationText(period));
  }
  std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol> protocol) override {
    return std::make_shared<TimeoutProtocol>(std::move(protocol), clock_, period_);
  }

 private:
  Clock& clock_;
  Duration period_;
};

}  // namespace teasel
