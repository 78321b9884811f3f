#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <teasel/application/backoff.hpp>
#include <teasel/application/service.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/endpoints/endpoints.hpp>

namespace teasel {

/// Keeps one connection to an endpoint while it runs: connects, and connects again when an attempt
/// fails or the connection is lost (twisted.application.internet.ClientService).
///
///     auto ticker = std::make_shared<ClientService>(
///         reactor, std::make_shared<TCP4ClientEndpoint>(reactor, "ticker.example", 8007),
///         Factory::forProtocol<Ticker>());
///     ticker->startService();
///     ticker->whenConnected().addCallback([](const std::shared_ptr<Protocol>& protocol) { ... });
///
/// There is at most one connection, and at most one attempt. The next attempt begins only when the
/// connection before has ended. The factory is started and stopped with each attempt, and builds
/// each connection's protocol.
///
/// Its state, by what happens ("ends": the attempt fails, or its connection is over):
///
///     state          start         stop           connected   ends         delay over
///     Init           Connecting    Stopped
///     Connecting                   Disconnecting  Connected   Waiting
///     Waiting                      Stopped                                 Connecting
///     Connected                    Disconnecting              Waiting
///     Disconnecting  Restarting                               Stopped
///     Restarting                   Disconnecting              Connecting
///     Stopped        Connecting
///
/// A call without an entry changes nothing. All calls may be made in callbacks of the service, too.
/// One thread only. Stop the service before you drop it: the destructor ends the connection, but
/// Deferreds of whenConnected and stopService that still wait get no result.
class ClientService : public Service {
 public:
  enum class State : std::uint8_t { kInit, kConnecting, kWaiting, kConnected, kDisconnecting, kRestarting, kStopped };

  /// `clock` is usually the reactor, and must outlive the service. `retryPolicy` says how long to
  /// wait; if it throws or gives a negative time, that is logged, and backoffPolicy() decides.
  /// `random` is what it gets its numbers from; null: seededRandom with a seed from the clock's
  /// time. Throws UsageError for a null endpoint, factory or policy.
  ClientService(Clock& clock, std::shared_ptr<StreamClientEndpoint> endpoint, std::shared_ptr<Factory> factory,
                RetryPolicy retryPolicy = backoffPolicy(), RandomSource random = nullptr);
  ~ClientService() override;

  /// Says what to do with each new connection before whenConnected hears of it, for example a
  /// login. `prepare` takes a const std::shared_ptr<Protocol>&. It may give a Deferred, and the
  /// service waits for it. If it throws or fails, the connection is aborted, and counts as a failed
  /// attempt. (Twisted leaves that connection open.) If the connection is lost meanwhile or the
  /// service stops, its Deferred is cancelled. Call this before startService.
  template <class F>
    requires std::invocable<std::decay_t<F>&, const std::shared_ptr<Protocol>&>
  void prepareConnection(F&& prepare) {
    prepare_ = [call = std::decay_t<F>(std::forward<F>(prepare))](const std::shared_ptr<Protocol>& protocol) mutable {
      auto given = maybeDeferred(call, protocol);
      if constexpr (std::is_same_v<decltype(given), Deferred<void>>) return given;
      else return given.addCallback([] {});
    };
  }

  /// Connects. A service that runs stays as it is, and warns in the log.
  void startService() override;
  /// Gives up the attempt or its delay, and closes the connection by loseConnection. The Deferred
  /// fires when no connection is left. Deferreds of whenConnected that wait fail with
  /// CancelledError then.
  Deferred<void> stopService() override;

  /// Fires with the connected protocol: at once when it is there, or with the next one. Fails with
  /// the reason of the last attempt when `failAfterFailures` attempts in a row have failed from now
  /// on (0: it does not), and with CancelledError when the service has stopped. It may be
  /// cancelled.
  Deferred<std::shared_ptr<Protocol>> whenConnected(std::size_t failAfterFailures = 0);

  State state() const noexcept { return state_; }
  /// How many attempts have failed since the start or the last connection. The loss of a connection
  /// counts as one.
  std::size_t failedAttempts() const noexcept { return failedAttempts_; }

 private:
  class Attempt;
  class AttemptFactory;
  class Watched;
  using Connected = Deferred<std::shared_ptr<Protocol>>;
  struct Waiter {
    std::uint64_t number;
    std::size_t failuresLeft;  // 0: any number
    Connected deferred;
  };
  void connect();
  void retryLater();
  Duration nextDelay();
  void established(const std::shared_ptr<Protocol>& protocol);
  void ended(const Failure& why);
  void failWaiters(const Failure& why);
  void stopped();

  Clock& clock_;
  const std::shared_ptr<StreamClientEndpoint> endpoint_;
  const std::shared_ptr<Factory> factory_;
  RetryPolicy retryPolicy_;
  RandomSource random_;
  UniqueFunction<Deferred<void>(const std::shared_ptr<Protocol>&)> prepare_;
  std::shared_ptr<Attempt> attempt_;    // null in kInit, kWaiting and kStopped
  std::shared_ptr<Protocol> protocol_;  // null except in kConnected
  DelayedCall retry_;
  std::vector<Waiter> waiting_;
  std::vector<Deferred<void>> stopping_;  // those of stopService
  std::size_t failedAttempts_ = 0;
  std::uint64_t lastWaiter_ = 0;
  State state_ = State::kInit;
};

/// The name of a state, as the table above writes it.
const char* name(ClientService::State state) noexcept;

}  // namespace teasel
