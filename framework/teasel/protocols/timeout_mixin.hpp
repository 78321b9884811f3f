#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel {

/// Ends a connection on which nothing happens: put it between your protocol and its base, and say
/// what is happening.
///
///     class Server : public TimeoutMixin<LineReceiver> {
///      public:
///       explicit Server(Clock& clock) : TimeoutMixin(clock) {}
///       void connectionMade() override { setTimeout(30s); }
///       void lineReceived(std::string_view line) override { resetTimeout(); ... }
///     };
///
/// `clock` is usually the reactor; it must outlive the connection. The timer ends with the
/// connection and with the object: nothing fires after either. An override of connectionLost must
/// call this one. An exception out of timeoutConnection is the clock's to log and changes nothing.
/// The model is twisted.protocols.policies.TimeoutMixin.
template <std::derived_from<Protocol> Base = Protocol>
class TimeoutMixin : public Base {
 public:
  /// Further arguments are Base's.
  template <class... Args>
  explicit TimeoutMixin(Clock& clock, Args&&... args) : Base(std::forward<Args>(args)...), clock_(clock) {}
  ~TimeoutMixin() override { timer_.cancelIfActive(); }

  /// From now on, timeoutConnection is called when `period` passes without resetTimeout; none:
  /// never. Returns the period that was set before. Throws NegativeDelay and changes nothing when
  /// it is negative. When the connection is over the period is noted and nothing else.
  std::optional<Duration> setTimeout(std::optional<Duration> period) {
    if (period && *period < Duration::zero())
      throw NegativeDelay("setTimeout(" + std::to_string(period->count()) + " ns): a timeout lies ahead");
    timer_.cancelIfActive();
    if (period && !over_) timer_ = clock_.callLater(*period, [this] { expire(); });
    return std::exchange(timeOut_, period);
  }
  /// Something happened: the period begins anew. Nothing when none is set, and none is running
  /// because it has passed.
  void resetTimeout() {
    if (timer_.active()) timer_.reset(*timeOut_);
  }
  /// The period that was set last, also when it has passed.
  std::optional<Duration> timeOut() const noexcept { return timeOut_; }

  /// The period has passed. The default calls loseConnection, which waits for a peer that does not
  /// read and for a registered producer: override it where such a peer must not hold the connection
  /// open, e.g. by abortConnection.
  virtual void timeoutConnection() { this->transport().loseConnection(); }

  void connectionLost(const Failure& reason) override {
    over_ = true;
    timer_.cancelIfActive();
    Base::connectionLost(reason);
  }

 private:
  void expire() {
    if (!this->transport().connected()) return;
    const auto keep = this->weak_from_this().lock();  // it may drop whoever holds this
    timeoutConnection();
  }

  Clock& clock_;
  DelayedCall timer_;
  std::optional<Duration> timeOut_;
  bool over_ = false;
};

}  // namespace teasel
