#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <teasel/core/address.hpp>
#include <teasel/core/byte_view.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/site.hpp>
#include <teasel/transport/producer.hpp>

namespace teasel {

class Transport;

/// What a transport asks of a protocol; the part of Protocol that lives below it. Every call is
/// made by the transport, never while another call to the same object is running, and an exception
/// out of any of them aborts that connection only: it is logged and becomes connectionLost's
/// reason.
class StreamProtocol {
 public:
  virtual ~StreamProtocol() = default;
  /// The connection is made: keep `transport`, then greet (Protocol calls connectionMade here).
  virtual void makeConnection(std::shared_ptr<Transport> transport) = 0;
  /// Bytes, at least one, cut anywhere. Borrowed for the call.
  virtual void dataReceived(ByteView data) = 0;
  /// It is over: exactly once, last. `reason` is ConnectionDone, ConnectionLost, ConnectionAborted,
  /// LimitExceeded, what failConnection was given or what user code threw.
  virtual void connectionLost(const Failure& reason) = 0;
  /// Half-close: true from a protocol that wants readConnectionLost and writeConnectionLost
  /// (Twisted: IHalfCloseableProtocol). Otherwise the peer's end of stream ends the connection as
  /// loseConnection would.
  virtual bool halfCloseable() const noexcept { return false; }
  /// The peer has ended its direction; we may still write.
  virtual void readConnectionLost() {}
  /// resumeProducing was called: a protocol that held back input of its own goes on delivering it.
  /// Comes before any further dataReceived, readConnectionLost and connectionLost.
  virtual void producingResumed() {}
  /// Our loseWriteConnection is done: everything is flushed and our direction is ended.
  virtual void writeConnectionLost() {}
};

/// A connection as its protocol sees it. Every call returns without calling the protocol back (turn
/// rule 2).
///
/// It lives as long as somebody holds it. Before connection it is the unconnected transport, after
/// close it has freed its buffers, keeps addresses and counters, drops and counts writes, and works
/// no more, with or without its reactor.
class Transport : public Producer {
 public:
  /// Queues bytes; they are copied or shared, `data` may die at once. Offered to the driver at the
  /// end of the current dispatch. Dropped and counted after close, and after loseConnection and
  /// loseWriteConnection unless a producer is registered. More than the write limit queued ends the
  /// connection with LimitExceeded.
  virtual void write(ByteView data) = 0;
  void writeSequence(std::span<const ByteView> parts) {
    for (const ByteView part : parts) write(part);
  }
  /// Flushes what was written, ends our direction, then closes; connectionLost(ConnectionDone)
  /// follows in a later call. Input that still comes is read and discarded, so that the reply is
  /// not cut short by a reset. A registered producer is awaited: the end comes when it has
  /// unregistered and what it wrote is flushed. (One that is a transport and over is awaited by
  /// nobody.)
  virtual void loseConnection() = 0;
  /// loseConnection by a protocol that ends it for a reason of its own, usually what the peer did
  /// wrong: what was written is flushed, then connectionLost(why) follows, also if the flush fails.
  /// A registered push producer is stopped, a pull producer awaited. No effect once disconnecting.
  virtual void failConnection(const Failure& why) = 0;
  /// Drops what was written and resets; connectionLost(ConnectionAborted) follows. That reason names
  /// `site`, which is the caller, and `cause`, which may be empty. No effect once the connection has
  /// ended.
  virtual void abortConnection(Site site = Site::here(), const Failure& cause = {}) = 0;
  /// Flushes, then ends our direction only; reading goes on. writeConnectionLost tells a
  /// half-closeable protocol. Awaits a registered producer.
  virtual void loseWriteConnection() = 0;
  /// No dataReceived and no end of stream until resumeProducing; the peer feels it as backpressure.
  void pauseProducing() override = 0;
  void resumeProducing() override = 0;
  /// Ends the connection: what calls it is a transport that this one is the producer of;
  /// loseConnection.
  void stopProducing() override { loseConnection(); }

  virtual const Address& getHost() const noexcept = 0;
  virtual const Address& getPeer() const noexcept = 0;
  /// From just before connectionMade until the connection has ended. loseConnection leaves it true
  /// while what was written is flushed. It is false at once after abortConnection, although
  /// connectionLost follows later: nothing can be sent or received any more.
  virtual bool connected() const noexcept = 0;
  /// loseConnection, failConnection or abortConnection was called, the peer ended a connection that
  /// is not half-closeable, or the connection has ended. Framing protocols deliver nothing more.
  virtual bool disconnecting() const noexcept = 0;
  virtual bool paused() const noexcept = 0;

  struct Counters {
    std::uint64_t bytesReceived = 0;   ///< delivered to the protocol
    std::uint64_t bytesDiscarded = 0;  ///< received after loseConnection
    std::uint64_t bytesWritten = 0;    ///< accepted by write
    std::uint64_t bytesSent = 0;       ///< taken by the driver
    std::uint64_t writesDropped = 0;   ///< calls of write after the end
    std::uint64_t bytesDropped = 0;    ///< their bytes
  };
  virtual const Counters& counters() const noexcept = 0;
  /// Bytes written that the driver has not taken yet.
  virtual std::size_t pendingBytes() const noexcept = 0;
  /// How many bytes may wait to be sent; kDefaultWriteLimit until set.
  virtual void setWriteLimit(std::size_t bytes) = 0;
  static constexpr std::size_t kDefaultWriteLimit = std::size_t{64} << 20;

  // Producers -------------------------------------------------------------------------------------
  /// Has `producer` paced, and keeps it until it unregisters or the connection is over.
  ///  - Streaming (push): it writes as it likes. When more bytes wait than the high-water mark, one
  ///    send is tried at once; if that leaves more than the mark, pauseProducing follows the
  ///    current callback. resumeProducing follows when no more than the low-water mark waits.
  ///  - Not streaming (pull): resumeProducing follows the current callback, and then whenever
  ///    everything written has been taken by the driver - at most once in a turn for what was taken
  ///    at once.
  ///  - When the connection ends with it registered it gets stopProducing, before connectionLost.
  ///    failConnection and the end of stream of a peer that the protocol cannot hear of
  ///    (halfCloseable) stop a push producer, too.
  ///  - After loseConnection, loseWriteConnection or the end nothing is registered: stopProducing
  ///    follows in a later turn, if its reactor is still there. Throws UsageError for null and on
  ///    the unconnected transport, ProducerAlreadyRegistered while there is another one.
  virtual void registerProducer(std::shared_ptr<Producer> producer, bool streaming);
  /// The producer is done; it is let go without a call. Harmless when there is none. An end that
  /// waited for it goes on.
  virtual void unregisterProducer() {}
  /// How many waiting bytes pause a push producer and how few resume it. Throws UsageError when low
  /// is above high.
  virtual void setWaterMarks(std::size_t high, std::size_t low);
  static constexpr std::size_t kDefaultHighWaterMark = std::size_t{64} << 10;
  static constexpr std::size_t kDefaultLowWaterMark = std::size_t{16} << 10;
};

/// The transport of a protocol that has none yet: not connected, drops writes, has no addresses.
/// One object for all.
std::shared_ptr<Transport> unconnectedTransport();

}  // namespace teasel
