#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <teasel/core/detail/pool.hpp>
#include <teasel/core/segment.hpp>
#include <teasel/reactor/driver.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/transport/pacer.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel {

class Connection;

/// The owner of a connection made it and hears how it goes: a Port or a Connector. Only the
/// connection makes these calls.
class ConnectionOwner {
 public:
  /// The stream is up. Returns the protocol to run on it, or null to close it without further calls
  /// but connectionClosed. An exception is logged and counts as null.
  virtual std::shared_ptr<StreamProtocol> buildProtocol(const Address& peer) = 0;
  /// The protocol's connectionMade has returned.
  virtual void connectionMade() {}
  /// Connecting failed. The connection is gone: this is the last call.
  virtual void connectionFailed(const Failure& why) = 0;
  /// The protocol's connectionLost has returned. This is the last call.
  virtual void connectionClosed(const Failure& reason) = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// The one stream state machine: buffering, closing, half-close and pausing. It is the same on
/// every driver, the simulated one included. Only its owner, its driver and its reactor see more of
/// it than Transport.
///
/// THEORY OF OPERATION
///
/// A connection stands between five parties. These calls come in and go out:
///
///     protocol, or who holds the Transport   in: the calls of Transport
///                                            out: the callbacks of StreamProtocol
///     producer (registerProducer)            out: the calls of Producer
///     driver                                 in: the upcalls of StreamSink, from Driver::poll
///                                            out: write, reading, shutdownWrite, close
///     owner (a Port or a Connector)          in: stopConnecting
///                                            out: the calls of ConnectionOwner
///     reactor                                in: the closing phase (endTurn), its end (shutDown)
///
/// A call of Transport changes the state and calls at most the driver. Callbacks are made by an
/// upcall of the driver or by the closing phase, one at a time. The end of such a dispatch flushes
/// what was written, then makes the call that the producer is owed, then goes on with an end that
/// was asked for. Calls from elsewhere, for example from a timer, ask for the closing phase, which
/// does the same.
///
/// Each direction has a state of its own. The arrows name the events that lead on; every other
/// event leaves the state as it is. Events have the names of the calls. Three have names of their
/// own: writeTooMuch is a write beyond the write limit, exception is one out of a callback, and
/// shutDown is the end of the reactor. An event stands at two arrows where its effect depends on
/// the circumstances: whether bytes wait for the driver or a producer is registered, whether the
/// protocol is half-closeable, and whether the peer has ended its direction. Pausing is no state:
/// it only asks the driver to hold the data.
///
/// connection_table_test_kit.hpp lists every state with every event, the calls that go out and the
/// next state. connection_states_test.cpp drives a connection through all of them and compares the
/// arrows with that table.
///
/// Sending
///     kConnecting     no stream yet; writes are dropped
///     kOpen           writes are accepted
///     kShuttingDown   loseWriteConnection: flushes and awaits the producer, then shuts down
///     kShutDown       our direction is ended; reading goes on
///     kBroken         a send has failed; what arrived before is still read, writes are dropped
///     kClosing        loseConnection: flushes and awaits the producer, then closes
///     kClosed         the slot is given back; connectionLost is due or has been called
///
///     kConnecting -> kOpen: onConnected.
///     kConnecting -> kClosed: onConnected, onError, stopConnecting, exception, shutDown.
///     kOpen -> kShuttingDown: loseWriteConnection.
///     kOpen -> kShutDown: loseWriteConnection.
///     kOpen -> kBroken: onWriteError.
///     kOpen -> kClosing: onEof, loseConnection, failConnection.
///     kOpen -> kClosed: onEof, onError, loseWriteConnection, loseConnection, failConnection,
///         abortConnection, writeTooMuch, exception, shutDown.
///     kShuttingDown -> kShutDown: onWritten, unregisterProducer.
///     kShuttingDown -> kBroken: onWriteError.
///     kShuttingDown -> kClosing: onEof, loseConnection, failConnection.
///     kShuttingDown -> kClosed: onWritten, onError, failConnection, abortConnection, writeTooMuch,
///         exception, shutDown.
///     kShutDown -> kBroken: onWriteError.
///     kShutDown -> kClosed: onEof, onError, loseConnection, failConnection, abortConnection,
///         exception, shutDown.
///     kBroken -> kClosed: onEof, onError, loseConnection, failConnection, abortConnection,
///         exception, shutDown.
///     kClosing -> kClosed: onEof, onWritten, onWriteError, onError, abortConnection,
///         unregisterProducer, writeTooMuch, exception, shutDown.
///
/// Receiving
///     kConnecting     no stream yet
///     kOpen           data is delivered; while paused the driver holds it
///     kEndOfStream    the peer has ended its direction; a half-closeable protocol knows
///     kDiscarding     loseConnection: data is counted and dropped
///     kClosed         as in sending
///
///     kConnecting -> kOpen: onConnected.
///     kConnecting -> kClosed: onConnected, onError, stopConnecting, exception, shutDown.
///     kOpen -> kEndOfStream: onEof.
///     kOpen -> kDiscarding: onEof, loseConnection, failConnection.
///     kOpen -> kClosed: onEof, onError, loseConnection, failConnection, abortConnection,
///         exception, shutDown.
///     kEndOfStream -> kDiscarding: loseConnection, failConnection.
///     kEndOfStream -> kClosed: onError, loseWriteConnection, loseConnection, failConnection,
///         abortConnection, exception, shutDown.
///     kDiscarding -> kClosed: onEof, onWritten, onWriteError, onError, abortConnection,
///         unregisterProducer, exception, shutDown.
///
/// Who may end a connection, and what connectionLost gets:
///
///     the peer's end of stream, unless half-closeable     ConnectionDone, after the flush
///     both directions ended, half-closeable               ConnectionDone
///     loseConnection                                      ConnectionDone, after the flush
///     failConnection                                      what it was given, after the flush
///     abortConnection                                     ConnectionAborted; names the caller
///     more than the write limit waits                     LimitExceeded; names the limit
///     an exception out of a callback                      that exception; the log has the callback
///     the driver's onError                                what the driver says, a ConnectionLost
///     bytes of a file that cannot be sent (also onError)  ConnectionAborted; names the cause
///     the driver's onWriteError                           the same, after the bytes that arrived
///     the reactor's end                                   ConnectionLost
///
/// After failConnection an onError or onWriteError during the flush does not replace the reason
/// that was given.
///
/// After onWriteError (kBroken) the output is freed, and later writes are dropped and counted. The
/// protocol hears what arrived before. Then onEof or onError ends the connection, and
/// connectionLost gets what onWriteError said: even an onEof is no clean end then. While reading is
/// paused all that waits for resumeProducing. loseConnection, failConnection and abortConnection do
/// not wait: they end a broken connection at once. loseConnection gives connectionLost what
/// onWriteError said, because a flush would have failed. A push producer that was paused is
/// resumed, since nothing waits any more; it may be the one who must resume reading. A pull
/// producer is stopped, because nobody will ask it for more.
///
/// An attempt to connect ends by onError, stopConnecting or the reactor's end; the owner hears
/// connectionFailed and no protocol exists.
///
/// A connection holds itself and its protocol until connectionLost has returned, and its owner as
/// long.
///
/// Reactor::abandon ends a connection in any state, and nobody hears of it: both directions are
/// kClosed, and a callback that runs just now is the last one.
class Connection final : public Transport, public StreamSink, private TurnEnd, private Resource {
 public:
  /// A stream was accepted: asks `owner` for the protocol and makes the connection. Call it in
  /// Acceptor::onAccept and return there what it returns, also if the connection has ended already.
  static StreamSink* accept(Reactor& reactor, Slot* slot, std::shared_ptr<ConnectionOwner> owner);
  /// Begins to connect. `owner` hears the outcome in a later turn.
  static std::shared_ptr<Connection> connect(Reactor& reactor, const Address& to, const ConnectOptions& options,
                                             std::shared_ptr<ConnectionOwner> owner);
  /// Makes a connection of a stream socket that is connected already (Driver::adoptStream). `owner`
  /// hears of it in a later turn, as after connect. Returns null and sets `why` when the descriptor
  /// cannot be adopted; then nothing was made.
  static std::shared_ptr<Connection> adopt(Reactor& reactor, int descriptor, std::shared_ptr<ConnectionOwner> owner,
                                           Failure& why);

  /// Where each direction stands; see above. For reports and tests.
  enum class SendState : std::uint8_t { kConnecting, kOpen, kShuttingDown, kShutDown, kBroken, kClosing, kClosed };
  enum class ReceiveState : std::uint8_t { kConnecting, kOpen, kEndOfStream, kDiscarding, kClosed };
  SendState sendState() const noexcept { return sending_; }
  ReceiveState receiveState() const noexcept { return receiving_; }

  /// Use accept or connect.
  Connection(Reactor& reactor, std::shared_ptr<ConnectionOwner> owner);
  ~Connection() override;

  void write(ByteView data) override;
  void writeOwned(std::string data) override;
  bool writeFile(const std::shared_ptr<File>& file, std::uint64_t offset, std::size_t length) override;
  void loseConnection() override;
  void failConnection(const Failure& why) override;
  void abortConnection(Site site = Site::here(), const Failure& cause = {}) override;
  void loseWriteConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  const Address& getHost() const noexcept override { return host_; }
  const Address& getPeer() const noexcept override { return peer_; }
  bool connected() const noexcept override { return !connecting() && !ended(); }
  bool disconnecting() const noexcept override { return sending_ >= SendState::kClosing; }
  bool paused() const noexcept override { return paused_; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return queuedBytes_ + inFlightBytes_; }
  void setWriteLimit(std::size_t bytes) override { writeLimit_ = bytes; }
  void registerProducer(std::shared_ptr<Producer> producer, bool streaming) override;
  void unregisterProducer() override;
  void setWaterMarks(std::size_t high, std::size_t low) override;

  /// While connecting: gives up. The owner hears connectionFailed(why) in the closing phase. Later:
  /// no effect.
  void stopConnecting(const Failure& why);
  /// How long a graceful close waits for the peer's end of stream. It is 2 s until set.
  void setLinger(Duration linger) noexcept { linger_ = linger; }
  /// The protocol, for reports. Null before the connection is made and after connectionLost.
  StreamProtocol* protocol() const noexcept { return protocol_.get(); }

 private:
  // StreamSink
  void onConnected() override;
  void onData(Chunk& chunk) override;
  void onEof() override;
  void onWritten(std::size_t count) override;
  void onWriteError(const Failure& why) override;
  void onError(const Failure& why) override;
  // TurnEnd, Resource
  void endTurn() override;
  void shutDown() override;
  void abandon(std::vector<std::shared_ptr<void>>& remains) override;
  std::string describe() const override;

  /// Runs a callback of the protocol or of the producer. An exception out of it aborts the
  /// connection.
  template <class F>
  void run(const char* callback, F&& call);
  /// The same, then does what the callback asked for: the end of a dispatch.
  template <class F>
  void dispatch(const char* callback, F&& call);
  void makeConnection();
  void deliverResumed();
  void afterDispatch(bool resumed = false);
  void pace(bool resumed);
  void paceInNextTurn();
  void beginClosing() noexcept;
  bool connecting() const noexcept { return sending_ == SendState::kConnecting; }
  bool ended() const noexcept { return sending_ == SendState::kClosed; }
  bool broken() const noexcept { return sending_ == SendState::kBroken; }
  void letGoOfEndedSource();
  void flush();
  void endIfFlushed();
  void freeOutput() noexcept;
  void end(const Failure& reason, CloseMode mode);
  void finish();
  void wantTurnEnd() noexcept;
  bool mayWrite(std::size_t size);
  bool admits(std::size_t size);
  bool overLimit(std::size_t size);
  void queue(std::size_t size);
  void append(ByteView data);
  bool mayBorrow(ByteView data) const noexcept;
  void own();

  // The members that every delivery and write use come first, so that they share few cache lines.
  Reactor* reactor_;  // null once finished
  Slot* slot_ = nullptr;
  std::shared_ptr<StreamProtocol> protocol_;
  const Chunk* chunk_ = nullptr;  // being delivered
  // Where the output that waits lies in the chunk that is being delivered; then output_ is null.
  const char* borrowed_ = nullptr;
  /// The driver holds pointers to the segments in flight.
  struct Output {
    /// The files among some segments.
    struct Files {
      std::size_t bytes = 0, count = 0;
      void add(std::size_t size) noexcept { bytes += size, ++count; }
    };
    void countFilesInFlight(std::size_t left) noexcept;
    std::vector<Segment> queued, inFlight;
    Files queuedFiles, filesInFlight;
    static void* operator new(std::size_t size) { return detail::poolAllocate(size); }
    static void operator delete(void* memory, std::size_t size) noexcept { detail::poolFree(memory, size); }
  };
  std::vector<Segment>& queued() {
    if (output_ == nullptr) output_.reset(new Output);
    return output_->queued;
  }
  std::unique_ptr<Output> output_;  // null while nothing waits
  std::size_t queuedBytes_ = 0, inFlightBytes_ = 0, writeLimit_ = kDefaultWriteLimit;
  SendState sending_ = SendState::kConnecting;
  ReceiveState receiving_ = ReceiveState::kConnecting;
  bool made_ = false;          // it was connected once: the owner hears connectionClosed
  bool paused_ = false;        // stays as it was when the connection is closing
  bool dispatching_ = false;   // a callback runs; its end does what the callback asked for
  bool resumedDue_ = false;    // the protocol is owed producingResumed
  bool writeLostDue_ = false;  // the protocol is owed writeConnectionLost
  bool pacing_ = false;        // paceInNextTurn was called and that turn has not come
  Counters counters_;
  detail::Pacer pacer_;
  std::shared_ptr<ConnectionOwner> owner_;
  std::shared_ptr<Connection> self_;
  std::shared_ptr<Reactor*> weakReactor_;  // once finished, unless nobody else holds this transport
  // of connectionLost; before the end: what failConnection was given, or what onWriteError said
  Failure reason_;
  Duration linger_ = std::chrono::seconds(2);
  Address host_, peer_;
};

}  // namespace teasel
