#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>

#include <teasel/core/clock.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel {

/// Ends a connection on which nothing happens. Put it between your protocol and its base, and call
/// resetTimeout whenever something happens. The model is twisted.protocols.policies.TimeoutMixin.
///
///     class Server : public TimeoutMixin<LineReceiver> {
///      public:
///       explicit Server(Clock& clock) : TimeoutMixin(clock) {}
///       void connectionMade() override { setTimeout(30s); }
///       void lineReceived(std::string_view line) override { resetTimeout(); ... }
///     };
///
/// `clock` is usually the reactor. It must outlive the connection. The timer ends with the
/// connection and with the object, so nothing fires after either. An override of connectionLost
/// must call this one. The clock logs an exception that timeoutConnection throws; it changes
/// nothing else.
template <std::derived_from<Protocol> Base = Protocol>
class TimeoutMixin : public Base {
 public:
  /// The further arguments are those of Base.
  template <class... Args>
  explicit TimeoutMixin(Clock& clock, Args&&... args) : Base(std::forward<Args>(args)...), clock_(clock) {}
  ~TimeoutMixin() override { timer_.cancelIfActive(); }

  /// From now on, timeoutConnection is called when `period` passes without resetTimeout. Without a
  /// period it is never called. Returns the period that was set before. Throws NegativeDelay and
  /// changes nothing if the period is negative. After connectionLost it only notes the period.
  std::optional<Duration> setTimeout(std::optional<Duration> period) {
    if (period && *period < Duration::zero())
      throw NegativeDelay("setTimeout(" + durationText(*period) + "): a timeout lies ahead");
    timer_.cancelIfActive();
    if (period && !over_) timer_ = clock_.callLater(*period, [this] { expire(); });
    return std::exchange(timeOut_, period);
  }
  /// Something has happened: the period begins anew. Does nothing if no period is set, or if it has
  /// passed already.
  void resetTimeout() {
    if (timer_.active()) timer_.reset(*timeOut_);
  }
  /// The period that was set last, even if it has passed.
  std::optional<Duration> timeOut() const noexcept { return timeOut_; }

  /// The period has passed. The default calls loseConnection. That waits for a peer that does not
  /// read, and for a registered producer. Override it where such a peer must not keep the
  /// connection open, for example by calling abortConnection.
  virtual void timeoutConnection() { this->transport().loseConnection(); }

  void connectionLost(const Failure& reason) override {
    over_ = true;
    timer_.cancelIfActive();
    Base::connectionLost(reason);
  }

 private:
  void expire() {
    if (!this->transport().connected()) return;
    const auto keep = this->weak_from_this().lock();  // timeoutConnection may drop the last owner
    timeoutConnection();
  }

  Clock& clock_;
  DelayedCall timer_;
  std::optional<Duration> timeOut_;
  bool over_ = false;
};

}  // namespace teasel
