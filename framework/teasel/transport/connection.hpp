#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <teasel/core/segment.hpp>
#include <teasel/reactor/driver.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/transport/pacer.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel {

class Connection;

/// Who made a connection and must hear how it goes: a Port or a Connector. Calls come from the
/// connection only.
class ConnectionOwner {
 public:
  /// The stream is up: the protocol to run on it, or null to close it quietly. May throw: as null,
  /// and logged.
  virtual std::shared_ptr<StreamProtocol> buildProtocol(const Address& peer) = 0;
  /// The protocol's connectionMade has returned.
  virtual void connectionMade() {}
  /// Connecting failed; the connection is gone.
  virtual void connectionFailed(const Failure& why) = 0;
  /// connectionLost has returned; the last call.
  virtual void connectionClosed(const Failure& reason) = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// The one stream state machine: buffering, closing, half-close, pausing - the same on every
/// driver, the simulated one included. Only its maker, its driver and its reactor see more of it
/// than Transport.
///
/// It holds itself and its protocol until connectionLost has returned; its owner as long.
class Connection final : public Transport, public StreamSink, private TurnEnd, private Resource {
 public:
  /// A stream that was accepted: asks `owner` for the protocol and makes the connection. To be
  /// called in onAccept and returned there. Null if it closed at once.
  static StreamSink* accept(Reactor& reactor, Slot* slot, std::shared_ptr<ConnectionOwner> owner);
  /// Begins to connect. `owner` is told the outcome in a later turn.
  static std::shared_ptr<Connection> connect(Reactor& reactor, const Address& to, const ConnectOptions& options,
                                             std::shared_ptr<ConnectionOwner> owner);

  /// Use accept or connect.
  Connection(Reactor& reactor, std::shared_ptr<ConnectionOwner> owner);
  ~Connection() override;

  void write(ByteView data) override;
  void loseConnection() override;
  void failConnection(const Failure& why) override;
  void abortConnection() override;
  void loseWriteConnection() override;
  void pauseProducing() override;
  void resumeProducing() override;
  const Address& getHost() const noexcept override { return host_; }
  const Address& getPeer() const noexcept override { return peer_; }
  bool connected() const noexcept override { return made_ && !ended_; }
  bool disconnecting() const noexcept override { return losing_ || ended_; }
  bool paused() const noexcept override { return paused_; }
  const Counters& counters() const noexcept override { return counters_; }
  std::size_t pendingBytes() const noexcept override { return queuedBytes_ + inFlightBytes_; }
  void setWriteLimit(std::size_t bytes) override { writeLimit_ = bytes; }
  void registerProducer(std::shared_ptr<Producer> producer, bool streaming) override;
  void unregisterProducer() override;
  void setWaterMarks(std::size_t high, std::size_t low) override;

  /// Before it is connected: gives up; the owner hears connectionFailed(why) in the closing phase.
  void stopConnecting(const Failure& why);
  /// How long a graceful close waits for the peer's end of stream; 2 s until set.
  void setLinger(Duration linger) noexcept { linger_ = linger; }
  /// Where the protocol is, for reports; null before and after.
  StreamProtocol* protocol() const noexcept { return protocol_.get(); }

 private:
  // StreamSink
  void onConnected() override;
  void onData(Chunk& chunk) override;
  void onEof() override;
  void onWritten(std::size_t count) override;
  void onError(const Failure& why) override;
  // TurnEnd, Resource
  void endTurn() override;
  void shutDown() override;
  std::string describe() const override;

  /// Runs a callback of the protocol or the producer; an exception out of it aborts the connection.
  template <class F>
  void run(const char* callback, F&& call);
  /// The same, and then what it asked for: the end of a dispatch.
  template <class F>
  void dispatch(const char* callback, F&& call);
  void makeConnection();
  void deliverResumed();
  void afterDispatch(bool resumed = false);
  void pace(bool resumed);
  void paceInNextTurn();
  void letGoOfEndedSource();
  void flush();
  void closeIfFlushed();
  void end(const Failure& reason, CloseMode mode);
  void finish();
  void wantTurnEnd() noexcept;
  void append(ByteView data);

  Reactor* reactor_;  // null once finished
  Slot* slot_ = nullptr;
  std::shared_ptr<StreamProtocol> protocol_;
  std::shared_ptr<ConnectionOwner> owner_;
  std::shared_ptr<Connection> self_;
  std::vector<Segment> queued_, inFlight_;
  std::size_t queuedBytes_ = 0, inFlightBytes_ = 0, writeLimit_ = kDefaultWriteLimit;
  const Chunk* chunk_ = nullptr;  // being delivered
  detail::Pacer pacer_;
  std::shared_ptr<Reactor*> lifeline_;  // once finished, unless nobody else holds this transport
  // of connectionLost; before the end: what failConnection was given
  Failure reason_;
  Duration linger_ = std::chrono::seconds(2);
  Address host_, peer_;
  Counters counters_;
  bool made_ = false;         // makeConnection was called
  bool ended_ = false;        // the reason is set; connectionLost follows
  bool finished_ = false;     // connectionLost has been reported
  bool losing_ = false;       // loseConnection was called
  bool losingWrite_ = false;  // loseWriteConnection was called
  bool writeShut_ = false;    // our direction is ended
  bool eof_ = false;          // the peer's direction is ended
  bool paused_ = false;
  // an end was asked for or a producer registered: flushing is not all there is to do
  bool obliged_ = false;
  bool dispatching_ = false;
  bool reportResumed_ = false, reportWriteLost_ = false;
  bool pacing_ = false;  // paceInNextTurn was called and that turn has not come
};

}  // namespace teasel
