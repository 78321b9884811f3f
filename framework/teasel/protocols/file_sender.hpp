#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/file.hpp>
#include <teasel/core/unique_function.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/transport/transport.hpp>

namespace teasel {

/// The transport took no more from a FileSender, because its connection ended or had ended before.
class FileTransferStopped : public std::runtime_error {
 public:
  explicit FileTransferStopped(std::uint64_t bytesSent)
      : std::runtime_error("the transfer was stopped by its consumer after " + std::to_string(bytesSent) + " bytes"),
        bytesSent_(bytesSent) {}
  /// How many bytes the transport had accepted.
  std::uint64_t bytesSent() const noexcept { return bytesSent_; }

 private:
  std::uint64_t bytesSent_;
};

/// Sends what a source has, piece by piece. It is a pull producer, so it reads no faster than the
/// transport takes the pieces, and needs memory for one piece only. The model is
/// twisted.protocols.basic.FileSender.
///
///     std::make_shared<FileSender>()
///         ->beginFileTransfer(FileSender::from(file), transport())
///         .addCallbacks([](const std::string&) { ... }, [](const Failure&) { ... });
///
/// A File whose bytes nobody has to see goes from the system's cache to the socket where the
/// transport can do that (Transport::writeFile): a connection on a real driver. Elsewhere it is
/// read piece by piece. openFile of <teasel/drivers/open_file.hpp> opens one.
///
/// It makes one transfer at a time. Held by shared_ptr; the transport keeps it while it sends.
class FileSender : public Producer, public std::enable_shared_from_this<FileSender> {
 public:
  /// How many bytes the source is asked for at a time (Twisted: CHUNK_SIZE).
  static constexpr std::size_t kChunkSize = 16384;
  /// How many bytes of a File the transport is given at a time, where it sends them by itself.
  /// Where no more than kChunkSize are left, they are read: then that costs less.
  static constexpr std::size_t kFilePiece = std::size_t{256} << 10;
  /// How many pieces in a row a transform may turn into nothing. One more, and the transfer fails
  /// with LimitExceeded.
  static constexpr std::size_t kEmptyPieces = 1024;

  /// Fills its argument from the front, and returns how many bytes it put there. 0 means the end.
  /// It may throw. It is called inside resumeProducing only, so a source that blocks stops the
  /// reactor.
  using Source = UniqueFunction<std::size_t(std::span<char> into)>;
  /// Returns what is sent instead of `piece`. It may throw.
  using Transform = UniqueFunction<std::string(ByteView piece)>;
  /// Makes a source that reads a stream to its end. The source throws FileReadError if the stream
  /// was not opened or cannot be read. Throws UsageError for null.
  static Source from(std::shared_ptr<std::istream> stream);

  ~FileSender() override;

  /// Begins a transfer: registers with `consumer` as its producer. `consumer` must call
  /// stopProducing before it dies, as all transports of Teasel do.
  ///
  /// The Deferred fires when the source is exhausted and everything it had is written; not all of
  /// it need be sent by then. The result is the last byte that was written, after the transform, or
  /// "" if nothing was written. With it a caller that must end a text with a line break knows
  /// whether the text has one.
  ///
  /// The Deferred fails with what source or transform threw. The connection is then aborted,
  /// because a file that broke off must not look whole. It fails with FileTransferStopped if the
  /// connection ends first or has ended. Cancelling it unregisters the producer; nothing more is
  /// written, and the connection stays. What was written before is still sent.
  ///
  /// Throws UsageError while a transfer is going on and for an empty source, and what
  /// registerProducer throws. Nothing has begun then.
  Deferred<std::string> beginFileTransfer(Source source, Transport& consumer, Transform transform = nullptr);
  /// The same for a whole file. What is appended to it meanwhile is sent, too. If the file becomes
  /// shorter than it was seen to be, or cannot be read, the Deferred fails with FileReadError and
  /// the connection is aborted. With a transform the file is read piece by piece. Bytes that are
  /// there must not be changed until the peer has them (Transport::writeFile).
  ///
  /// A driver that sends the file by itself has the bytes read when the socket has room; where they
  /// are not in memory, the disk stops the reactor for up to kFilePiece bytes.
  ///
  /// Throws UsageError for null.
  Deferred<std::string> beginFileTransfer(std::shared_ptr<File> file, Transport& consumer, Transform transform = nullptr);
  /// How many bytes were written in this transfer, or in the last one. Counted after the transform.
  std::uint64_t bytesSent() const noexcept { return bytesSent_; }

  // The transport calls these.
  void pauseProducing() override {}
  void resumeProducing() override;
  void stopProducing() override;

 private:
  enum class Piece : std::uint8_t { kNone, kSome, kLent, kEnd };
  Piece produce(std::string& piece);
  Piece lend();
  Piece read(std::string& piece);
  Piece next(std::string& piece);
  std::size_t readFile(std::span<char> into);
  Deferred<std::string> leave();
  void release() noexcept;

  class Lent;

  Source source_;
  std::shared_ptr<Lent> file_;  // while one is sent
  // in it: what comes next; where it ended when it was looked at
  std::uint64_t position_ = 0, fileEnd_ = 0;
  Transform transform_;
  Transport* consumer_ = nullptr;  // while a transfer is going on
  std::unique_ptr<char[]> buffer_;
  std::string lastSent_;
  std::uint64_t bytesSent_ = 0;
  bool reading_ = false;  // source or transform is running
  Deferred<std::string> done_{nullptr};
};

}  // namespace teasel
