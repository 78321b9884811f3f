#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include <teasel/transport/connection.hpp>

/// The state machine of Connection as two tables, one for each direction: what every event does in
/// every state. connection_states_test.cpp makes one test of each cell and compares the arrows in
/// connection.hpp with the tables.

namespace teasel::transport_tests {

/// What a connection is told. The names are those of the calls, except for the last three.
enum class Event : std::uint8_t {
  // the driver's upcalls
  kOnConnected,
  kOnData,
  kOnEof,
  kOnWritten,
  kOnWriteError,
  kOnError,
  // the calls of Transport
  kWrite,
  kLoseWriteConnection,
  kLoseConnection,
  kFailConnection,
  kAbortConnection,
  kPauseProducing,
  kResumeProducing,
  kRegisterProducer,
  kUnregisterProducer,
  kStopConnecting,  // by the owner
  kWriteTooMuch,    // a write beyond the write limit
  kException,       // a callback of the protocol, the producer or the owner throws
  kShutDown,        // the reactor ends
};
constexpr std::string_view kEventNames[] = {"onConnected",
                                            "onData",
                                            "onEof",
                                            "onWritten",
                                            "onWriteError",
                                            "onError",
                                            "write",
                                            "loseWriteConnection",
                                            "loseConnection",
                                            "failConnection",
                                            "abortConnection",
                                            "pauseProducing",
                                            "resumeProducing",
                                            "registerProducer",
                                            "unregisterProducer",
                                            "stopConnecting",
                                            "writeTooMuch",
                                            "exception",
                                            "shutDown"};
constexpr std::size_t kEvents = std::size(kEventNames);

/// What else is so before the event.
using Given = std::uint16_t;
enum : Given {
  kCalm = 0,          ///< nothing of the following
  kWaiting = 1,       ///< bytes wait for the driver
  kPull = 2,          ///< a pull producer is registered
  kPush = 4,          ///< a push producer is registered
  kHalf = 8,          ///< the protocol is half-closeable
  kPeerEnded = 16,    ///< the peer has ended its direction; with kHalf
  kPaused = 32,       ///< pauseProducing was called
  kFailed = 64,       ///< the closing was begun by failConnection(Boom)
  kNoProtocol = 128,  ///< buildProtocol gives none
  kSendFailed = 256   ///< the driver has said onWriteError
};
constexpr std::string_view kGivenNames[] = {"waiting", "pull",   "push",       "half",      "peerEnded",
                                            "paused",  "failed", "noProtocol", "sendFailed"};

template <class State>
struct Cell {
  State state;
  Event event;
  Given given;
  State next;
  std::string_view calls;  ///< that go out, in order
};
/// A state in which an event cannot come, and why.
template <class State>
struct Never {
  State state;
  Event event;
  std::string_view why;
};

inline std::string_view nameOf(Connection::SendState state) {
  constexpr std::string_view kNames[] = {"kConnecting", "kOpen", "kShuttingDown", "kShutDown", "kBroken", "kClosing", "kClosed"};
  return kNames[static_cast<std::size_t>(state)];
}
inline std::string_view nameOf(Connection::ReceiveState state) {
  constexpr std::string_view kNames[] = {"kConnecting", "kOpen", "kEndOfStream", "kDiscarding", "kClosed"};
  return kNames[static_cast<std::size_t>(state)];
}
/// The name of a cell's test: "Open_loseConnection_waiting".
template <class State>
std::string nameOf(const Cell<State>& cell) {
  std::string name(nameOf(cell.state).substr(1));
  (name += '_') += kEventNames[static_cast<std::size_t>(cell.event)];
  for (std::size_t bit = 0; bit < std::size(kGivenNames); ++bit)
    if ((cell.given >> bit & 1) != 0) (name += '_') += kGivenNames[bit];
  return name;
}

template <class State>
void PrintTo(const Cell<State>& cell, std::ostream* out) {
  *out << nameOf(cell);
}

// The ends: the slot is given back, then the protocol and the owner are told.
#define TEASEL_ENDS(Mode, Reason) "driver.close(" Mode ") protocol.connectionLost(" Reason ") owner.closed"
#define TEASEL_DONE TEASEL_ENDS("graceful", "ConnectionDone")
#define TEASEL_LOST TEASEL_ENDS("abort", "ConnectionLost")
#define TEASEL_ABORTED TEASEL_ENDS("abort", "ConnectionAborted")
#define TEASEL_FAILED TEASEL_ENDS("graceful", "transport_tests::Boom")
#define TEASEL_THROWN TEASEL_ENDS("abort", "transport_tests::Boom")
#define TEASEL_OVER TEASEL_ENDS("graceful", "ConnectionLost")
/// The same with a producer that is still registered.
#define TEASEL_ENDS_PRODUCER(Mode, Reason) \
  "driver.close(" Mode ") producer.stopProducing protocol.connectionLost(" Reason ") owner.closed"

namespace send_table {
using S = Connection::SendState;
using enum Event;

inline constexpr Cell<S> kCells[] = {
    {S::kConnecting, kOnConnected, kCalm, S::kOpen, "owner.buildProtocol protocol.makeConnection owner.connectionMade"},
    {S::kConnecting, kOnConnected, kNoProtocol, S::kClosed, "owner.buildProtocol driver.close(graceful) owner.closed"},
    {S::kConnecting, kOnError, kCalm, S::kClosed, "driver.close(abort) owner.failed(ConnectionLost)"},
    {S::kConnecting, kWrite, kCalm, S::kConnecting, ""},
    {S::kConnecting, kLoseWriteConnection, kCalm, S::kConnecting, ""},
    {S::kConnecting, kLoseConnection, kCalm, S::kConnecting, ""},
    {S::kConnecting, kFailConnection, kCalm, S::kConnecting, ""},
    {S::kConnecting, kAbortConnection, kCalm, S::kConnecting, ""},
    {S::kConnecting, kRegisterProducer, kCalm, S::kConnecting, "producer.stopProducing"},
    {S::kConnecting, kUnregisterProducer, kCalm, S::kConnecting, ""},
    {S::kConnecting, kStopConnecting, kCalm, S::kClosed, "driver.close(abort) owner.failed(UserError)"},
    {S::kConnecting, kWriteTooMuch, kCalm, S::kConnecting, ""},
    {S::kConnecting, kException, kCalm, S::kClosed, "owner.buildProtocol driver.close(graceful) owner.closed"},
    {S::kConnecting, kShutDown, kCalm, S::kClosed, "driver.close(graceful) owner.failed(ConnectionLost)"},

    {S::kOpen, kOnEof, kCalm, S::kClosed, TEASEL_DONE},
    {S::kOpen, kOnEof, kWaiting, S::kClosing, ""},
    {S::kOpen, kOnEof, kPull, S::kClosing, ""},
    {S::kOpen, kOnEof, kPush, S::kClosed, "producer.stopProducing " TEASEL_DONE},
    {S::kOpen, kOnEof, kHalf, S::kOpen, "protocol.readConnectionLost"},
    {S::kOpen, kOnWritten, kWaiting, S::kOpen, ""},
    {S::kOpen, kOnWritten, kWaiting | kPull, S::kOpen, ""},
    {S::kOpen, kOnWriteError, kWaiting, S::kBroken, ""},
    {S::kOpen, kOnWriteError, kWaiting | kPull, S::kBroken, "producer.stopProducing"},
    {S::kOpen, kOnWriteError, kWaiting | kPaused, S::kBroken, ""},
    {S::kOpen, kOnError, kCalm, S::kClosed, TEASEL_LOST},
    {S::kOpen, kOnError, kPush, S::kClosed, TEASEL_ENDS_PRODUCER("abort", "ConnectionLost")},
    {S::kOpen, kWrite, kCalm, S::kOpen, "driver.write"},
    {S::kOpen, kWrite, kWaiting, S::kOpen, ""},
    {S::kOpen, kWrite, kPull, S::kOpen, "driver.write producer.resumeProducing"},
    {S::kOpen, kLoseWriteConnection, kCalm, S::kShutDown, "driver.shutdownWrite"},
    {S::kOpen, kLoseWriteConnection, kHalf, S::kShutDown, "driver.shutdownWrite protocol.writeConnectionLost"},
    {S::kOpen, kLoseWriteConnection, kHalf | kPeerEnded, S::kClosed,
     "driver.shutdownWrite protocol.writeConnectionLost " TEASEL_DONE},
    {S::kOpen, kLoseWriteConnection, kWaiting, S::kShuttingDown, ""},
    {S::kOpen, kLoseWriteConnection, kPull, S::kShuttingDown, ""},
    {S::kOpen, kLoseConnection, kCalm, S::kClosed, TEASEL_DONE},
    {S::kOpen, kLoseConnection, kWaiting, S::kClosing, ""},
    {S::kOpen, kLoseConnection, kPush, S::kClosing, ""},
    {S::kOpen, kFailConnection, kCalm, S::kClosed, TEASEL_FAILED},
    {S::kOpen, kFailConnection, kWaiting, S::kClosing, ""},
    {S::kOpen, kFailConnection, kPull, S::kClosing, ""},
    {S::kOpen, kFailConnection, kPush, S::kClosed, "producer.stopProducing " TEASEL_FAILED},
    {S::kOpen, kAbortConnection, kCalm, S::kClosed, TEASEL_ABORTED},
    {S::kOpen, kAbortConnection, kWaiting, S::kClosed, TEASEL_ABORTED},
    {S::kOpen, kAbortConnection, kPush, S::kClosed, TEASEL_ENDS_PRODUCER("abort", "ConnectionAborted")},
    {S::kOpen, kRegisterProducer, kCalm, S::kOpen, "producer.resumeProducing"},
    {S::kOpen, kUnregisterProducer, kPull, S::kOpen, ""},
    {S::kOpen, kStopConnecting, kCalm, S::kOpen, ""},
    {S::kOpen, kWriteTooMuch, kCalm, S::kClosed, TEASEL_ENDS("abort", "LimitExceeded")},
    {S::kOpen, kException, kCalm, S::kClosed, "protocol.dataReceived " TEASEL_THROWN},
    {S::kOpen, kShutDown, kCalm, S::kClosed, TEASEL_OVER},

    {S::kShuttingDown, kOnEof, kWaiting, S::kClosing, ""},
    {S::kShuttingDown, kOnEof, kWaiting | kHalf, S::kShuttingDown, "protocol.readConnectionLost"},
    {S::kShuttingDown, kOnWritten, kWaiting, S::kShutDown, "driver.shutdownWrite"},
    {S::kShuttingDown, kOnWritten, kWaiting | kHalf, S::kShutDown, "driver.shutdownWrite protocol.writeConnectionLost"},
    {S::kShuttingDown, kOnWritten, kWaiting | kHalf | kPeerEnded, S::kClosed,
     "driver.shutdownWrite protocol.writeConnectionLost " TEASEL_DONE},
    {S::kShuttingDown, kOnWritten, kWaiting | kPush, S::kShuttingDown, ""},
    {S::kShuttingDown, kOnWriteError, kWaiting | kHalf, S::kBroken, ""},
    {S::kShuttingDown, kOnError, kWaiting, S::kClosed, TEASEL_LOST},
    {S::kShuttingDown, kWrite, kWaiting, S::kShuttingDown, ""},
    {S::kShuttingDown, kWrite, kPush, S::kShuttingDown, "driver.write"},
    {S::kShuttingDown, kLoseWriteConnection, kWaiting, S::kShuttingDown, ""},
    {S::kShuttingDown, kLoseConnection, kWaiting, S::kClosing, ""},
    {S::kShuttingDown, kLoseConnection, kPush, S::kClosing, ""},
    {S::kShuttingDown, kFailConnection, kWaiting, S::kClosing, ""},
    {S::kShuttingDown, kFailConnection, kPush, S::kClosed, "producer.stopProducing " TEASEL_FAILED},
    {S::kShuttingDown, kAbortConnection, kWaiting, S::kClosed, TEASEL_ABORTED},
    {S::kShuttingDown, kRegisterProducer, kWaiting, S::kShuttingDown, "producer.stopProducing"},
    {S::kShuttingDown, kUnregisterProducer, kPull, S::kShutDown, "driver.shutdownWrite"},
    {S::kShuttingDown, kUnregisterProducer, kPush | kHalf, S::kShutDown, "driver.shutdownWrite protocol.writeConnectionLost"},
    {S::kShuttingDown, kUnregisterProducer, kPush | kWaiting, S::kShuttingDown, ""},
    {S::kShuttingDown, kStopConnecting, kWaiting, S::kShuttingDown, ""},
    {S::kShuttingDown, kWriteTooMuch, kWaiting, S::kShuttingDown, ""},
    {S::kShuttingDown, kWriteTooMuch, kPush, S::kClosed, TEASEL_ENDS_PRODUCER("abort", "LimitExceeded")},
    {S::kShuttingDown, kException, kWaiting, S::kClosed, "protocol.dataReceived " TEASEL_THROWN},
    {S::kShuttingDown, kShutDown, kWaiting, S::kClosed, TEASEL_OVER},

    {S::kShutDown, kOnEof, kCalm, S::kClosed, TEASEL_DONE},
    {S::kShutDown, kOnEof, kHalf, S::kClosed, "protocol.readConnectionLost " TEASEL_DONE},
    {S::kShutDown, kOnWriteError, kCalm, S::kBroken, ""},
    {S::kShutDown, kOnError, kCalm, S::kClosed, TEASEL_LOST},
    {S::kShutDown, kWrite, kCalm, S::kShutDown, ""},
    {S::kShutDown, kLoseWriteConnection, kCalm, S::kShutDown, ""},
    {S::kShutDown, kLoseConnection, kCalm, S::kClosed, TEASEL_DONE},
    {S::kShutDown, kFailConnection, kCalm, S::kClosed, TEASEL_FAILED},
    {S::kShutDown, kAbortConnection, kCalm, S::kClosed, TEASEL_ABORTED},
    {S::kShutDown, kRegisterProducer, kCalm, S::kShutDown, "producer.stopProducing"},
    {S::kShutDown, kUnregisterProducer, kCalm, S::kShutDown, ""},
    {S::kShutDown, kStopConnecting, kCalm, S::kShutDown, ""},
    {S::kShutDown, kWriteTooMuch, kCalm, S::kShutDown, ""},
    {S::kShutDown, kException, kCalm, S::kClosed, "protocol.dataReceived " TEASEL_THROWN},
    {S::kShutDown, kShutDown, kCalm, S::kClosed, TEASEL_OVER},

    {S::kBroken, kOnEof, kCalm, S::kClosed, TEASEL_LOST},
    {S::kBroken, kOnEof, kHalf, S::kClosed, TEASEL_LOST},
    {S::kBroken, kOnEof, kPush, S::kClosed, TEASEL_ENDS_PRODUCER("abort", "ConnectionLost")},
    {S::kBroken, kOnError, kCalm, S::kClosed, TEASEL_LOST},
    {S::kBroken, kWrite, kCalm, S::kBroken, ""},
    {S::kBroken, kWrite, kPush, S::kBroken, ""},
    {S::kBroken, kLoseWriteConnection, kHalf, S::kBroken, ""},
    {S::kBroken, kLoseConnection, kCalm, S::kClosed, TEASEL_LOST},
    {S::kBroken, kLoseConnection, kPaused, S::kClosed, TEASEL_LOST},
    {S::kBroken, kLoseConnection, kPull, S::kClosed, TEASEL_LOST},
    {S::kBroken, kFailConnection, kCalm, S::kClosed, TEASEL_ENDS("abort", "transport_tests::Boom")},
    {S::kBroken, kAbortConnection, kPaused, S::kClosed, TEASEL_ABORTED},
    {S::kBroken, kRegisterProducer, kCalm, S::kBroken, "producer.stopProducing"},
    {S::kBroken, kUnregisterProducer, kPush, S::kBroken, ""},
    {S::kBroken, kStopConnecting, kCalm, S::kBroken, ""},
    {S::kBroken, kWriteTooMuch, kCalm, S::kBroken, ""},
    {S::kBroken, kException, kCalm, S::kClosed, "protocol.dataReceived " TEASEL_THROWN},
    {S::kBroken, kShutDown, kCalm, S::kClosed, TEASEL_OVER},

    {S::kClosing, kOnEof, kWaiting, S::kClosing, ""},
    {S::kClosing, kOnEof, kPull, S::kClosing, ""},
    {S::kClosing, kOnEof, kPush, S::kClosed, "producer.stopProducing " TEASEL_DONE},
    {S::kClosing, kOnEof, kPush | kHalf, S::kClosing, ""},
    {S::kClosing, kOnWritten, kWaiting, S::kClosed, TEASEL_DONE},
    {S::kClosing, kOnWritten, kWaiting | kFailed, S::kClosed, TEASEL_FAILED},
    {S::kClosing, kOnWritten, kWaiting | kPush, S::kClosing, ""},
    {S::kClosing, kOnWriteError, kWaiting, S::kClosed, TEASEL_LOST},
    {S::kClosing, kOnWriteError, kWaiting | kFailed, S::kClosed, TEASEL_ENDS("abort", "transport_tests::Boom")},
    {S::kClosing, kOnError, kWaiting, S::kClosed, TEASEL_LOST},
    {S::kClosing, kOnError, kWaiting | kFailed, S::kClosed, TEASEL_ENDS("abort", "transport_tests::Boom")},
    {S::kClosing, kWrite, kWaiting, S::kClosing, ""},
    {S::kClosing, kWrite, kPush, S::kClosing, "driver.write"},
    {S::kClosing, kLoseWriteConnection, kWaiting, S::kClosing, ""},
    {S::kClosing, kLoseConnection, kWaiting, S::kClosing, ""},
    {S::kClosing, kFailConnection, kWaiting, S::kClosing, ""},
    {S::kClosing, kAbortConnection, kWaiting, S::kClosed, TEASEL_ABORTED},
    {S::kClosing, kAbortConnection, kWaiting | kFailed, S::kClosed, TEASEL_ABORTED},
    {S::kClosing, kRegisterProducer, kWaiting, S::kClosing, "producer.stopProducing"},
    {S::kClosing, kUnregisterProducer, kPush, S::kClosed, TEASEL_DONE},
    {S::kClosing, kUnregisterProducer, kPush | kWaiting, S::kClosing, ""},
    {S::kClosing, kStopConnecting, kWaiting, S::kClosing, ""},
    {S::kClosing, kWriteTooMuch, kWaiting, S::kClosing, ""},
    {S::kClosing, kWriteTooMuch, kPush, S::kClosed, TEASEL_ENDS_PRODUCER("abort", "LimitExceeded")},
    {S::kClosing, kException, kPull, S::kClosed,
     "driver.write producer.resumeProducing " TEASEL_ENDS_PRODUCER("abort", "transport_tests::Boom")},
    {S::kClosing, kShutDown, kWaiting, S::kClosed, TEASEL_OVER},

    {S::kClosed, kWrite, kCalm, S::kClosed, ""},
    {S::kClosed, kLoseWriteConnection, kCalm, S::kClosed, ""},
    {S::kClosed, kLoseConnection, kCalm, S::kClosed, ""},
    {S::kClosed, kFailConnection, kCalm, S::kClosed, ""},
    {S::kClosed, kAbortConnection, kCalm, S::kClosed, ""},
    {S::kClosed, kRegisterProducer, kCalm, S::kClosed, "producer.stopProducing"},
    {S::kClosed, kUnregisterProducer, kCalm, S::kClosed, ""},
    {S::kClosed, kStopConnecting, kCalm, S::kClosed, ""},
    {S::kClosed, kWriteTooMuch, kCalm, S::kClosed, ""},
    {S::kClosed, kShutDown, kCalm, S::kClosed, ""},
};
inline constexpr Never<S> kNever[] = {
    {S::kConnecting, kOnEof, "the driver delivers nothing before onConnected"},
    {S::kConnecting, kOnWritten, "nothing was offered to the driver"},
    {S::kConnecting, kOnWriteError, "nothing was offered to the driver"},
    {S::kOpen, kOnConnected, "it comes once"},
    {S::kShuttingDown, kOnConnected, "it comes once"},
    {S::kShutDown, kOnConnected, "it comes once"},
    {S::kShutDown, kOnWritten, "nothing waits: that was flushed before"},
    {S::kBroken, kOnConnected, "it comes once"},
    {S::kBroken, kOnWritten, "the driver has given up what waited"},
    {S::kBroken, kOnWriteError, "it comes once"},
    {S::kClosing, kOnConnected, "it comes once"},
    {S::kClosed, kOnConnected, "the slot was given back"},
    {S::kClosed, kOnEof, "the slot was given back"},
    {S::kClosed, kOnWritten, "the slot was given back"},
    {S::kClosed, kOnWriteError, "the slot was given back"},
    {S::kClosed, kOnError, "the slot was given back"},
    {S::kClosed, kException, "connectionLost was the last callback; what it throws is logged"},
};
/// Events that concern the receiving direction alone.
inline constexpr Event kElsewhere[] = {kOnData, kPauseProducing, kResumeProducing};
}  // namespace send_table

namespace receive_table {
using R = Connection::ReceiveState;
using enum Event;

inline constexpr Cell<R> kCells[] = {
    {R::kConnecting, kOnConnected, kCalm, R::kOpen, "owner.buildProtocol protocol.makeConnection owner.connectionMade"},
    {R::kConnecting, kOnConnected, kNoProtocol, R::kClosed, "owner.buildProtocol driver.close(graceful) owner.closed"},
    {R::kConnecting, kOnError, kCalm, R::kClosed, "driver.close(abort) owner.failed(ConnectionLost)"},
    {R::kConnecting, kLoseWriteConnection, kCalm, R::kConnecting, ""},
    {R::kConnecting, kLoseConnection, kCalm, R::kConnecting, ""},
    {R::kConnecting, kFailConnection, kCalm, R::kConnecting, ""},
    {R::kConnecting, kAbortConnection, kCalm, R::kConnecting, ""},
    {R::kConnecting, kPauseProducing, kCalm, R::kConnecting, ""},
    {R::kConnecting, kResumeProducing, kCalm, R::kConnecting, ""},
    {R::kConnecting, kUnregisterProducer, kCalm, R::kConnecting, ""},
    {R::kConnecting, kStopConnecting, kCalm, R::kClosed, "driver.close(abort) owner.failed(UserError)"},
    {R::kConnecting, kException, kCalm, R::kClosed, "owner.buildProtocol driver.close(graceful) owner.closed"},
    {R::kConnecting, kShutDown, kCalm, R::kClosed, "driver.close(graceful) owner.failed(ConnectionLost)"},

    {R::kOpen, kOnData, kCalm, R::kOpen, "protocol.dataReceived"},
    {R::kOpen, kOnEof, kCalm, R::kClosed, TEASEL_DONE},
    {R::kOpen, kOnEof, kWaiting, R::kDiscarding, ""},
    {R::kOpen, kOnEof, kHalf, R::kEndOfStream, "protocol.readConnectionLost"},
    {R::kOpen, kOnWritten, kWaiting, R::kOpen, ""},
    {R::kOpen, kOnWriteError, kWaiting, R::kOpen, ""},
    {R::kOpen, kOnData, kSendFailed, R::kOpen, "protocol.dataReceived"},
    {R::kOpen, kOnEof, kSendFailed | kHalf, R::kClosed, TEASEL_LOST},
    {R::kOpen, kPauseProducing, kSendFailed, R::kOpen, "driver.reading(off)"},
    {R::kOpen, kResumeProducing, kSendFailed | kPaused, R::kOpen, "driver.reading(on) protocol.producingResumed"},
    {R::kOpen, kOnError, kCalm, R::kClosed, TEASEL_LOST},
    {R::kOpen, kOnError, kPaused, R::kClosed, TEASEL_LOST},
    {R::kOpen, kLoseWriteConnection, kHalf, R::kOpen, "driver.shutdownWrite protocol.writeConnectionLost"},
    {R::kOpen, kLoseConnection, kCalm, R::kClosed, TEASEL_DONE},
    {R::kOpen, kLoseConnection, kWaiting, R::kDiscarding, ""},
    {R::kOpen, kLoseConnection, kWaiting | kPaused, R::kDiscarding, "driver.reading(on)"},
    {R::kOpen, kFailConnection, kCalm, R::kClosed, TEASEL_FAILED},
    {R::kOpen, kFailConnection, kWaiting | kPaused, R::kDiscarding, "driver.reading(on)"},
    {R::kOpen, kAbortConnection, kCalm, R::kClosed, TEASEL_ABORTED},
    {R::kOpen, kPauseProducing, kCalm, R::kOpen, "driver.reading(off)"},
    {R::kOpen, kPauseProducing, kPaused, R::kOpen, ""},
    {R::kOpen, kResumeProducing, kCalm, R::kOpen, ""},
    {R::kOpen, kResumeProducing, kPaused, R::kOpen, "driver.reading(on) protocol.producingResumed"},
    {R::kOpen, kUnregisterProducer, kPush, R::kOpen, ""},
    {R::kOpen, kStopConnecting, kCalm, R::kOpen, ""},
    {R::kOpen, kException, kCalm, R::kClosed, "protocol.dataReceived " TEASEL_THROWN},
    {R::kOpen, kShutDown, kCalm, R::kClosed, TEASEL_OVER},

    {R::kEndOfStream, kOnWritten, kWaiting, R::kEndOfStream, ""},
    {R::kEndOfStream, kOnError, kCalm, R::kClosed, TEASEL_LOST},
    {R::kEndOfStream, kLoseWriteConnection, kCalm, R::kClosed, "driver.shutdownWrite protocol.writeConnectionLost " TEASEL_DONE},
    {R::kEndOfStream, kLoseWriteConnection, kWaiting, R::kEndOfStream, ""},
    {R::kEndOfStream, kLoseConnection, kCalm, R::kClosed, TEASEL_DONE},
    {R::kEndOfStream, kLoseConnection, kWaiting, R::kDiscarding, ""},
    {R::kEndOfStream, kFailConnection, kCalm, R::kClosed, TEASEL_FAILED},
    {R::kEndOfStream, kFailConnection, kWaiting, R::kDiscarding, ""},
    {R::kEndOfStream, kAbortConnection, kCalm, R::kClosed, TEASEL_ABORTED},
    {R::kEndOfStream, kPauseProducing, kCalm, R::kEndOfStream, "driver.reading(off)"},
    {R::kEndOfStream, kResumeProducing, kPaused, R::kEndOfStream, "driver.reading(on) protocol.producingResumed"},
    {R::kEndOfStream, kUnregisterProducer, kPush, R::kEndOfStream, ""},
    {R::kEndOfStream, kStopConnecting, kCalm, R::kEndOfStream, ""},
    {R::kEndOfStream, kException, kPull, R::kClosed,
     "driver.write producer.resumeProducing " TEASEL_ENDS_PRODUCER("abort", "transport_tests::Boom")},
    {R::kEndOfStream, kShutDown, kCalm, R::kClosed, TEASEL_OVER},

    {R::kDiscarding, kOnData, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kOnEof, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kOnEof, kPush, R::kClosed, "producer.stopProducing " TEASEL_DONE},
    {R::kDiscarding, kOnWritten, kWaiting, R::kClosed, TEASEL_DONE},
    {R::kDiscarding, kOnWriteError, kWaiting, R::kClosed, TEASEL_LOST},
    {R::kDiscarding, kOnError, kWaiting, R::kClosed, TEASEL_LOST},
    {R::kDiscarding, kLoseWriteConnection, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kLoseConnection, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kFailConnection, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kAbortConnection, kWaiting, R::kClosed, TEASEL_ABORTED},
    {R::kDiscarding, kPauseProducing, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kResumeProducing, kWaiting | kPaused, R::kDiscarding, ""},
    {R::kDiscarding, kUnregisterProducer, kPush, R::kClosed, TEASEL_DONE},
    {R::kDiscarding, kStopConnecting, kWaiting, R::kDiscarding, ""},
    {R::kDiscarding, kException, kPull, R::kClosed,
     "driver.write producer.resumeProducing " TEASEL_ENDS_PRODUCER("abort", "transport_tests::Boom")},
    {R::kDiscarding, kShutDown, kWaiting, R::kClosed, TEASEL_OVER},

    {R::kClosed, kLoseWriteConnection, kCalm, R::kClosed, ""},
    {R::kClosed, kLoseConnection, kCalm, R::kClosed, ""},
    {R::kClosed, kFailConnection, kCalm, R::kClosed, ""},
    {R::kClosed, kAbortConnection, kCalm, R::kClosed, ""},
    {R::kClosed, kPauseProducing, kCalm, R::kClosed, ""},
    {R::kClosed, kResumeProducing, kPaused, R::kClosed, ""},
    {R::kClosed, kUnregisterProducer, kCalm, R::kClosed, ""},
    {R::kClosed, kStopConnecting, kCalm, R::kClosed, ""},
    {R::kClosed, kShutDown, kCalm, R::kClosed, ""},
};
inline constexpr Never<R> kNever[] = {
    {R::kConnecting, kOnData, "the driver delivers nothing before onConnected"},
    {R::kConnecting, kOnEof, "the driver delivers nothing before onConnected"},
    {R::kConnecting, kOnWritten, "nothing was offered to the driver"},
    {R::kConnecting, kOnWriteError, "nothing was offered to the driver"},
    {R::kOpen, kOnConnected, "it comes once"},
    {R::kEndOfStream, kOnConnected, "it comes once"},
    {R::kEndOfStream, kOnData, "no data follows the end of stream"},
    {R::kEndOfStream, kOnEof, "it comes once"},
    {R::kEndOfStream, kOnWriteError, "after the end of stream the driver says onError"},
    {R::kDiscarding, kOnConnected, "it comes once"},
    {R::kClosed, kOnConnected, "the slot was given back"},
    {R::kClosed, kOnData, "the slot was given back"},
    {R::kClosed, kOnEof, "the slot was given back"},
    {R::kClosed, kOnWritten, "the slot was given back"},
    {R::kClosed, kOnWriteError, "the slot was given back"},
    {R::kClosed, kOnError, "the slot was given back"},
    {R::kClosed, kException, "connectionLost was the last callback; what it throws is logged"},
};
/// Events that concern the sending direction alone.
inline constexpr Event kElsewhere[] = {kWrite, kRegisterProducer, kWriteTooMuch};
}  // namespace receive_table

#undef TEASEL_ENDS_PRODUCER
#undef TEASEL_OVER
#undef TEASEL_THROWN
#undef TEASEL_FAILED
#undef TEASEL_ABORTED
#undef TEASEL_LOST
#undef TEASEL_DONE
#undef TEASEL_ENDS

}  // namespace teasel::transport_tests
