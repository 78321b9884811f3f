#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/transport/connection_table_test_kit.hpp>
#include <teasel/transport/connection_test_kit.hpp>

/// Walks the tables of connection_table_test_kit.hpp: one test for each cell, named after it.

namespace teasel::transport_tests {
namespace {

using S = Connection::SendState;
using R = Connection::ReceiveState;

S stateOf(const Connection& connection, S) { return connection.sendState(); }
R stateOf(const Connection& connection, R) { return connection.receiveState(); }

/// Brings a connecting connection to where a cell begins.
class Stage : public ConnectionBench {
 public:
  void open(Given given) {
    makeConnection();
    if ((given & kWaiting) != 0) {
      driver->takes = false;
      connection->write("waiting");
      settle();
      driver->takes = true;
    }
    if ((given & (kPull | kPush)) != 0) connection->registerProducer(producer, (given & kPush) != 0);
    if ((given & kPeerEnded) != 0) upcall([this] { driver->stream->onEof(); });
    if ((given & kPaused) != 0) connection->pauseProducing();
    settle();
    if ((given & kSendFailed) != 0) breakSending();
  }
  void breakSending() {
    upcall([this] { driver->stream->onWriteError(connectionLost()); });
  }
  void close(Given given) {
    if ((given & kFailed) != 0) connection->failConnection(Failure(Boom()));
    else connection->loseConnection();
    settle();
  }
  void happen(Event event);

 private:
  void happenAbove(Event event);
  void throwSomething();
};

void begin(Stage& stage, S state, Given given) {
  stage.protocol->closesByHalves = (given & kHalf) != 0;
  stage.owner->refuses = (given & kNoProtocol) != 0;
  if (state == S::kConnecting) return;
  stage.open(given);
  if (state == S::kShuttingDown || state == S::kShutDown) stage.connection->loseWriteConnection();
  if (state == S::kBroken) stage.breakSending();
  if (state == S::kClosing) stage.close(given);
  if (state == S::kClosed) stage.connection->abortConnection();
  stage.settle();
}

void begin(Stage& stage, R state, Given given) {
  switch (state) {
    case R::kConnecting: return begin(stage, S::kConnecting, given);
    case R::kOpen: return begin(stage, S::kOpen, given);
    case R::kEndOfStream: return begin(stage, S::kOpen, given | kHalf | kPeerEnded);
    case R::kDiscarding: return begin(stage, S::kClosing, given);
    case R::kClosed: return begin(stage, S::kClosed, given);
  }
}

void Stage::happen(Event event) {
  StreamSink* const stream = driver->stream;
  switch (event) {
    case Event::kOnConnected: return makeConnection();
    case Event::kOnData: return receive("data");
    case Event::kOnEof: return upcall([=] { stream->onEof(); });
    case Event::kOnWritten: return upcall([this, stream] { stream->onWritten(driver->waiting); });
    case Event::kOnWriteError: return breakSending();
    case Event::kOnError: return upcall([=] { stream->onError(connectionLost()); });
    case Event::kException: return throwSomething();
    case Event::kShutDown: return reactor.reset();
    default: happenAbove(event); return settle();
  }
}

void Stage::happenAbove(Event event) {
  switch (event) {
    case Event::kWrite: return connection->write("more");
    case Event::kLoseWriteConnection: return connection->loseWriteConnection();
    case Event::kLoseConnection: return connection->loseConnection();
    case Event::kFailConnection: return connection->failConnection(Failure(Boom()));
    case Event::kAbortConnection: return connection->abortConnection();
    case Event::kPauseProducing: return connection->pauseProducing();
    case Event::kResumeProducing: return connection->resumeProducing();
    case Event::kRegisterProducer: return connection->registerProducer(producer, false);
    case Event::kUnregisterProducer: return connection->unregisterProducer();
    case Event::kStopConnecting: return connection->stopConnecting(Failure(UserError("stopped")));
    case Event::kWriteTooMuch: return connection->setWriteLimit(3), connection->write("much");
    default: FAIL() << "an event of the driver or of the reactor";
  }
}

/// The callback that can come in this state throws.
void Stage::throwSomething() {
  const LogCapture log;
  owner->throws = protocol->throws = producer->throws = true;
  if (connection->receiveState() == R::kConnecting) return makeConnection();
  if (connection->receiveState() == R::kOpen) return receive("data");
  connection->write("more");
  settle();
}

template <class State>
void check(const Cell<State>& cell) {
  Stage stage;
  begin(stage, cell.state, cell.given);
  ASSERT_EQ(nameOf(stateOf(*stage.connection, cell.state)), nameOf(cell.state)) << "after " << stage.calls.take();
  stage.calls.take();
  stage.happen(cell.event);
  EXPECT_EQ(stage.calls.take(), cell.calls);
  EXPECT_EQ(nameOf(stateOf(*stage.connection, cell.state)), nameOf(cell.next));
}

struct SendCell : testing::TestWithParam<Cell<S>> {};
struct ReceiveCell : testing::TestWithParam<Cell<R>> {};
TEST_P(SendCell, MakesTheCallsAndLeadsToTheStateThatTheTableSays) { check(GetParam()); }
TEST_P(ReceiveCell, MakesTheCallsAndLeadsToTheStateThatTheTableSays) { check(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Connection, SendCell, testing::ValuesIn(send_table::kCells),
                         [](const auto& cell) { return nameOf(cell.param); });
INSTANTIATE_TEST_SUITE_P(Connection, ReceiveCell, testing::ValuesIn(receive_table::kCells),
                         [](const auto& cell) { return nameOf(cell.param); });

/// Each state with each event of the direction stands in the table or among what never comes, and
/// not in both.
template <class State, class Cells, class Nevers, class Events>
void checkComplete(const Cells& cells, const Nevers& nevers, const Events& elsewhere, State last) {
  for (std::size_t at = 0; at < kEvents * (static_cast<std::size_t>(last) + 1); ++at) {
    const auto state = static_cast<State>(at / kEvents);
    const auto event = static_cast<Event>(at % kEvents);
    const auto here = [&](const auto& row) { return row.state == state && row.event == event; };
    const int found = std::ranges::any_of(cells, here) + std::ranges::any_of(nevers, here);
    const int wanted = std::ranges::count(elsewhere, event) > 0 ? 0 : 1;
    EXPECT_EQ(found, wanted) << nameOf(state) << " with " << kEventNames[at % kEvents];
  }
}

TEST(ConnectionTables, SayForEveryStateWhatEveryEventDoesOrWhyItNeverComes) {
  checkComplete(send_table::kCells, send_table::kNever, send_table::kElsewhere, S::kClosed);
  checkComplete(receive_table::kCells, receive_table::kNever, receive_table::kElsewhere, R::kClosed);
}

/// "kOpen -> kClosing: onEof, loseConnection." for each pair of states that an event leads from one
/// to the other.
template <class State, class Cells>
std::vector<std::string> arrows(const Cells& cells, State last) {
  std::vector<std::string> all;
  for (unsigned from = 0; from <= static_cast<unsigned>(last); ++from)
    for (unsigned to = from + 1; to <= static_cast<unsigned>(last); ++to) {
      std::string events;
      for (std::size_t event = 0; event < kEvents; ++event)
        if (std::ranges::any_of(cells, [&](const auto& cell) {
              return cell.state == static_cast<State>(from) && cell.next == static_cast<State>(to) &&
                     cell.event == static_cast<Event>(event);
            }))
          (events += events.empty() ? " " : ", ") += kEventNames[event];
      if (!events.empty())
        all.push_back(std::string(nameOf(static_cast<State>(from))) + " -> " + std::string(nameOf(static_cast<State>(to))) + ':' +
                      events + '.');
    }
  return all;
}

/// The arrows in a section of the comment in connection.hpp.
std::vector<std::string> drawn(const std::string& section) {
  std::ifstream header(TEASEL_TRANSPORT_FOLDER "/connection.hpp");
  std::vector<std::string> all;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    if (!line.starts_with("/// ")) continue;
    if (!line.starts_with("///  ")) inside = line == "/// " + section;
    if (!inside) continue;
    line.erase(0, line.find_first_not_of(" /"));
    if (line.find(" -> ") != std::string::npos) all.push_back(line);
    else if (!all.empty()) all.back() += ' ' + line;
  }
  return all;
}

TEST(ConnectionTables, AgreeWithTheArrowsInTheHeader) {
  EXPECT_EQ(drawn("Sending"), arrows(send_table::kCells, S::kClosed));
  EXPECT_EQ(drawn("Receiving"), arrows(receive_table::kCells, R::kClosed));
}

TEST(ConnectionTables, LeadFromAStateOnlyToLaterOnes) {
  for (const auto& cell : send_table::kCells) EXPECT_GE(cell.next, cell.state) << nameOf(cell);
  for (const auto& cell : receive_table::kCells) EXPECT_GE(cell.next, cell.state) << nameOf(cell);
}

}  // namespace
}  // namespace teasel::transport_tests
