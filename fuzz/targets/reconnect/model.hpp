#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <teasel/application/client_service.hpp>

/// What ClientService and ReconnectingClientFactory must do, said without their code. The scenario
/// tells the models what happens to the real ones, and compares.

namespace teasel::targets {

/// The delay before the next attempt, when this many have failed: 1, 2, 4, 8, 16, 20, 20 s ...
inline Duration retryDelay(std::size_t failed) { return std::chrono::seconds(failed > 5 ? 20 : 1 << (failed - 1)); }

/// The table in client_service.hpp.
class ServiceModel {
 public:
  using State = ClientService::State;
  State state = State::kInit;
  std::size_t failed = 0;
  std::size_t stopping = 0;  ///< unfired Deferreds of stopService
  /// unfired ones of whenConnected: how many failures are left
  std::vector<std::size_t> waiting;
  std::size_t connected = 0, failures = 0;  ///< fired ones of whenConnected
  Instant due{};                            ///< of the next attempt, in kWaiting
  bool attempting = false;                  ///< the endpoint has not answered
  bool live = false;                        ///< there is a connection

  void start() {
    if (state == State::kInit || state == State::kStopped) connect();
    else if (state == State::kDisconnecting) state = State::kRestarting;
  }
  void stop() {
    if (state == State::kInit || state == State::kWaiting || state == State::kStopped) return stopped();
    state = State::kDisconnecting;
    ++stopping;
  }
  /// Whether an attempt may begin now.
  bool attempt(Instant now) {
    if (state == State::kWaiting && due == now) state = State::kConnecting;
    if (state != State::kConnecting || attempting || live) return false;
    attempting = true;
    return true;
  }
  void established() {
    state = State::kConnected;
    failed = 0;
    connected += waiting.size();
    waiting.clear();
  }
  /// The endpoint has failed.
  void refused(Instant now) {
    attempting = false;
    if (!live) over(now);
  }
  /// The connection is over.
  void lost(Instant now) {
    live = false;
    if (!attempting) over(now);
  }
  void ask(std::size_t failAfter) {
    if (state == State::kConnected) ++connected;
    else if (state == State::kStopped) ++failures;
    else waiting.push_back(failAfter);
  }

 private:
  void connect() {
    state = State::kConnecting;
    failed = 0;
  }
  void stopped() {
    state = State::kStopped;
    stopping = 0;
    failures += waiting.size();
    waiting.clear();
  }
  void over(Instant now) {
    if (state == State::kDisconnecting) return stopped();
    if (state == State::kRestarting) {
      stopping = 0;
      return connect();
    }
    if (state == State::kConnecting)
      failures += std::erase_if(waiting, [](std::size_t& left) {
        if (left == 0) return false;
        return --left == 0;
      });
    state = State::kWaiting;
    due = now + retryDelay(++failed);
  }
};

/// Retries of one connector.
class FactoryModel {
 public:
  static constexpr std::size_t kMaxRetries = 4;
  bool trying = true;
  std::size_t retries = 0;
  Instant due = kNever;  ///< of the retry that waits

  void ended(Instant now) { due = trying && retries < kMaxRetries ? now + retryDelay(++retries) : kNever; }
  void stop() {
    trying = false;
    due = kNever;
  }
};

}  // namespace teasel::targets
