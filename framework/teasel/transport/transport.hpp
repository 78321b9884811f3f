#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <teasel/core/address.hpp>
#include <teasel/core/byte_view.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/file.hpp>
#include <teasel/core/site.hpp>
#include <teasel/transport/producer.hpp>

namespace teasel {

class Transport;

/// What a transport asks of a protocol: the part of Protocol that transports see. The transport
/// makes every call, and never while another call to the same object is running. An exception out
/// of any of them aborts that connection only: it is logged, and it is the reason that
/// connectionLost gets.
class StreamProtocol {
 public:
  virtual ~StreamProtocol() = default;
  /// The connection is made. The protocol keeps `transport`, then it may write. (Protocol calls
  /// connectionMade here.)
  virtual void makeConnection(std::shared_ptr<Transport> transport) = 0;
  /// Bytes have come: at least one, cut anywhere. `data` is borrowed for the call.
  virtual void dataReceived(ByteView data) = 0;
  /// The connection is over. This is the last call, and it comes exactly once. `reason` is
  /// ConnectionDone, ConnectionLost, ConnectionAborted, LimitExceeded, what failConnection was
  /// given, or what user code threw.
  virtual void connectionLost(const Failure& reason) = 0;
  /// Half-close: a protocol returns true if it wants readConnectionLost and writeConnectionLost
  /// (Twisted: IHalfCloseableProtocol). Otherwise the peer's end of stream ends the connection as
  /// loseConnection would.
  virtual bool halfCloseable() const noexcept { return false; }
  /// The peer has ended its direction. We may still write.
  virtual void readConnectionLost() {}
  /// resumeProducing was called. A protocol that held back input of its own goes on delivering it.
  /// The call comes before any further dataReceived, readConnectionLost or connectionLost.
  virtual void producingResumed() {}
  /// Our loseWriteConnection is done: everything is flushed, and our direction is ended.
  virtual void writeConnectionLost() {}
};

/// A connection as its protocol sees it. No call calls the protocol back before it returns (turn
/// rule 2).
///
/// A transport lives as long as somebody holds it. Before the connection is made, a protocol has
/// the unconnected transport. After the end, the transport has freed its buffers. It still knows
/// its addresses and counters, and it drops and counts what is written. It does nothing else any
/// more, and its reactor may be gone.
class Transport : public Producer {
 public:
  /// Queues bytes. They are copied or shared, so `data` may die at once. They are offered to the
  /// driver at the end of the current dispatch. Bytes are dropped and counted after the end; also
  /// after loseConnection and loseWriteConnection, unless a producer is registered; and after a
  /// send has failed, while bytes that the peer had sent before are still being read. If more bytes
  /// than the write limit would wait, the connection ends with LimitExceeded.
  virtual void write(ByteView data) = 0;
  /// The same for bytes that the caller gives away: a connection sends many of them from where they
  /// are. Other transports copy them.
  virtual void writeOwned(std::string data) { write(data); }  // NOLINT(*-value-param): some keep it
  /// The same for `length` bytes of `file` from `offset` on. They are not read into memory: the
  /// driver has the kernel send them when their turn comes, behind what was written before. Until
  /// then the transport keeps the file. They count as written and pending. The write limit bounds
  /// memory, so of that each call takes kFileCost bytes, however many it has of the file.
  ///
  /// Returns false, and does nothing, where that cannot be; the caller then reads the bytes and
  /// calls write. A connection on a real driver can send every file with a descriptor. The
  /// simulated one, and other transports, cannot; that is the default.
  ///
  /// If the bytes cannot be read when their turn comes, or the file has become shorter, the
  /// connection is aborted: a file that broke off must not look whole. connectionLost gets a
  /// ConnectionAborted whose cause is a FileReadError. FileSender cares for all this.
  ///
  /// Nobody may change these bytes, or cut the file off, until the peer has them. The kernel sends
  /// from its cache and not from a copy, so what counts as sent can still change on its way, and
  /// become zeros where the file was cut off. A new file that is renamed to the old name does no
  /// harm.
  ///
  /// Throws UsageError for null and for a place that no file has, beyond 2^63 - 1 bytes.
  virtual bool writeFile(const std::shared_ptr<File>& file, std::uint64_t offset, std::size_t length) {
    static_cast<void>(file), static_cast<void>(offset), static_cast<void>(length);
    return false;
  }
  static constexpr std::size_t kFileCost = 1024;
  void writeSequence(std::span<const ByteView> parts) {
    for (const ByteView part : parts) write(part);
  }
  /// Flushes what was written, ends our direction, then closes. connectionLost(ConnectionDone)
  /// follows in a later call. Input that still comes is read and discarded, so that a reset does
  /// not cut the reply short. A registered producer is awaited: the end comes when it has
  /// unregistered and what it wrote is flushed. Only a producer that is itself a transport whose
  /// connection has ended is not awaited.
  virtual void loseConnection() = 0;
  /// Ends the connection for a reason of the protocol's own, usually because the peer did something
  /// wrong. What was written is flushed, as by loseConnection. Then connectionLost(why) follows,
  /// also if the flush fails. A registered push producer is stopped; a pull producer is awaited. No
  /// effect once disconnecting.
  virtual void failConnection(const Failure& why) = 0;
  /// Drops what was written and resets the connection. connectionLost(ConnectionAborted) follows.
  /// That reason names `site`, which is the caller, and `cause`, which may be empty. No effect once
  /// the connection has ended.
  virtual void abortConnection(Site site = Site::here(), const Failure& cause = {}) = 0;
  /// Flushes what was written, then ends our direction only. Reading goes on. A registered producer
  /// is awaited. A half-closeable protocol gets writeConnectionLost when it is done.
  virtual void loseWriteConnection() = 0;
  /// Neither dataReceived nor the end of stream comes until resumeProducing. The peer feels it as
  /// backpressure. A reset by the peer comes behind the bytes that it had sent, so it waits, too.
  void pauseProducing() override = 0;
  void resumeProducing() override = 0;
  /// The transport that this one is registered with as a producer calls it. It does what
  /// loseConnection does.
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
  /// How many bytes may wait in memory to be sent. The limit is kDefaultWriteLimit until this is
  /// called.
  virtual void setWriteLimit(std::size_t bytes) = 0;
  static constexpr std::size_t kDefaultWriteLimit = std::size_t{64} << 20;

  // Producers -------------------------------------------------------------------------------------
  /// Paces `producer`, and keeps it until it unregisters or the connection has ended.
  ///  - Streaming (push): the producer writes as it likes. When more bytes wait than the high-water
  ///    mark, one send is tried at once. If more than the mark still waits, pauseProducing follows
  ///    the current callback. resumeProducing follows when no more than the low-water mark waits.
  ///  - Not streaming (pull): resumeProducing follows the current callback. After that it follows
  ///    whenever the driver has taken everything that was written. If the driver takes it at once,
  ///    resumeProducing comes at most once in a turn.
  ///  - If the connection ends while the producer is registered, it gets stopProducing, before
  ///    connectionLost. failConnection stops a push producer, too. So does the peer's end of stream
  ///    if the protocol is not halfCloseable.
  ///  - After loseConnection, after loseWriteConnection and after the end, nothing is registered.
  ///    stopProducing follows in a later turn, if the reactor is still there.
  /// Throws UsageError for null and on the unconnected transport, and ProducerAlreadyRegistered
  /// while there is another one.
  virtual void registerProducer(std::shared_ptr<Producer> producer, bool streaming);
  /// The producer is done. It is let go without a call. An end that waited for it goes on. No
  /// effect when there is none.
  virtual void unregisterProducer() {}
  /// A push producer is paused when more than `high` bytes wait, and resumed when no more than
  /// `low` wait. Throws UsageError when `low` is above `high`.
  virtual void setWaterMarks(std::size_t high, std::size_t low);
  static constexpr std::size_t kDefaultHighWaterMark = std::size_t{64} << 10;
  static constexpr std::size_t kDefaultLowWaterMark = std::size_t{16} << 10;
};

/// The transport of a protocol that has no connection yet. It is not connected, drops writes and
/// has no addresses. It is one object for all.
std::shared_ptr<Transport> unconnectedTransport();

}  // namespace teasel
