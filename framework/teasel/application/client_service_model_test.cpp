#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <teasel/application/test/client_test_kit.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/fakes/play/odometer.hpp>

// Every sequence of ten events, against the table in client_service.hpp.

namespace teasel {
namespace {

using fakes::ChoiceKey;
using State = ClientService::State;

enum class Event : std::uint8_t { kStart, kStop, kAccept, kRefuse, kLose, kDelay };
constexpr const char* kNames[] = {"start", "stop", "accept", "refuse", "lose", "delay"};

/// The table, and what follows from it for those who wait. It knows nothing of the code.
struct Model {
  State state = State::kInit;
  int attempts = 0;
  bool attempting = false, live = false;  // the endpoint is asked; a connection exists
  int stopping = 0, waiting = 0;          // unfired Deferreds of stopService, of whenConnected
  int connected = 0, cancelled = 0;       // fired ones of whenConnected
  std::size_t failed = 0;

  bool can(Event event) const {
    if (event == Event::kAccept || event == Event::kRefuse) return attempting;
    if (event == Event::kLose) return live;
    return event != Event::kDelay || state == State::kWaiting;
  }
  void connect() { state = State::kConnecting, ++attempts, attempting = true; }
  void wait() { state = State::kWaiting, ++failed; }
  void stop() { state = State::kStopped, stopping = 0, cancelled += waiting, waiting = 0; }
  void over() {
    if (state == State::kDisconnecting) stop();
    else if (state == State::kRestarting) failed = 0, stopping = 0, connect();
    else wait();
  }
  void step(Event event) {
    switch (event) {
      case Event::kStart:
        if (state == State::kInit || state == State::kStopped) failed = 0, connect();
        else if (state == State::kDisconnecting) state = State::kRestarting;
        break;
      case Event::kStop:
        // the endpoint gives up at once
        if (state == State::kConnecting) attempting = false, stop();
        else if (state == State::kInit || state == State::kWaiting || state == State::kStopped) stop();
        else state = State::kDisconnecting, ++stopping;
        break;
      case Event::kAccept:
        attempting = false, live = true, state = State::kConnected, failed = 0, connected += waiting, waiting = 0;
        break;
      case Event::kRefuse: attempting = false, over(); break;
      case Event::kLose: live = false, over(); break;
      case Event::kDelay: connect(); break;
    }
  }
  void ask() {
    if (state == State::kConnected) ++connected;
    else if (state == State::kStopped) ++cancelled;
    else ++waiting;
  }
};

/// One sequence of events, done to a service and to the model.
class ModelRun : public test::ClientTest {
 protected:
  fakes::Odometer odometer{{fakes::kUserSites}, {.runs = 1'000'000}};
  fakes::Choices choices;
  Model model;
  std::vector<Deferred<void>> stops;
  int connected = 0, cancelled = 0;
  std::string path;

  void begin() {
    choices.useOdometer(odometer);
    endpoint = std::make_shared<test::HandEndpoint>();
    service = make();
    model = Model();
    stops.clear(), path.clear(), log.clear();
    connected = cancelled = 0;
  }
  /// Does the next event. False when the sequence goes on with none.
  bool step() {
    std::vector<Event> possible;
    for (int i = 0; i < 6; ++i)
      if (model.can(static_cast<Event>(i))) possible.push_back(static_cast<Event>(i));
    const Event event = possible[choices.below(possible.size(), ChoiceKey(0, fakes::kUserSites))];
    path += std::string(kNames[static_cast<int>(event)]) + ' ';
    model.step(event);
    switch (event) {
      case Event::kStart: service->startService(); break;
      case Event::kStop: stops.push_back(service->stopService()); break;
      case Event::kAccept: endpoint->accept(); break;
      case Event::kRefuse: endpoint->refuse(); break;
      case Event::kLose: endpoint->lose(); break;
      case Event::kDelay: clock.advanceToNext(); break;
    }
    return agrees();
  }
  void ask() {
    model.ask();
    service->whenConnected().addBoth(
        [this](const Result<std::shared_ptr<Protocol>>& result) { ++(result.ok() ? connected : cancelled); });
  }
  bool agrees() const {
    int unfired = 0;
    for (const Deferred<void>& stop : stops) unfired += stop.called() ? 0 : 1;
    const bool live = endpoint->transport != nullptr && model.live;
    return service->state() == model.state && endpoint->attempts == model.attempts && endpoint->waiting() == model.attempting &&
           unfired == model.stopping && connected == model.connected && cancelled == model.cancelled &&
           service->failedAttempts() == model.failed && (clock.pending() == 1) == (model.state == State::kWaiting) &&
           (!live || endpoint->transport->closed() == (model.state != State::kConnected));
  }
  void end() {
    if (model.state != State::kStopped) service->stopService();
    if (model.live) endpoint->lose();
  }
};

TEST_F(ModelRun, EverySequenceOfTenEventsGoesAsTheTableSays) {
  const LogScope silent(nullptr);  // second starts are warned of
  while (odometer.next()) {
    begin();
    for (int i = 0; i < 10; ++i) {
      ask();
      ASSERT_TRUE(step()) << path << "gives " << name(service->state()) << ", the model " << name(model.state);
    }
    end();
    ASSERT_EQ(service->state(), State::kStopped) << path;
    ASSERT_EQ(clock.pending(), 0u) << path;
  }
  EXPECT_GT(odometer.runs(), 10'000u);
}

}  // namespace
}  // namespace teasel
