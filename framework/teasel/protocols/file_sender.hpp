#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include <teasel/core/byte_view.hpp>
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

/// A stream could not be opened or read.
class FileReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sends what a source has, piece by piece. It is a pull producer, so it reads no faster than the
/// transport takes the pieces, and needs memory for one piece only. The model is
/// twisted.protocols.basic.FileSender.
///
///     std::make_shared<FileSender>()
///         ->beginFileTransfer(FileSender::from(file), transport())
///         .addCallbacks([](const std::string&) { ... }, [](const Failure&) { ... });
///
/// It makes one transfer at a time. Held by shared_ptr; the transport keeps it while it sends.
class FileSender : public Producer, public std::enable_shared_from_this<FileSender> {
 public:
  /// How many bytes the source is asked for at a time (Twisted: CHUNK_SIZE).
  static constexpr std::size_t kChunkSize = 16384;
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
  /// connection ends first or has ended. Cancelling it unregisters the producer; no more is sent,
  /// and the connection stays.
  ///
  /// Throws UsageError while a transfer is going on and for an empty source, and what
  /// registerProducer throws. Nothing has begun then.
  Deferred<std::string> beginFileTransfer(Source source, Transport& consumer, Transform transform = nullptr);
  /// How many bytes were written in this transfer, or in the last one. Counted after the transform.
  std::uint64_t bytesSent() const noexcept { return bytesSent_; }

  // The transport calls these.
  void pauseProducing() override {}
  void resumeProducing() override;
  void stopProducing() override;

 private:
  enum class Piece : std::uint8_t { kNone, kSome, kEnd };
  Piece read(std::string& piece);
  Piece next(std::string& piece);
  Deferred<std::string> leave();
  void release() noexcept;

  Source source_;
  Transform transform_;
  Transport* consumer_ = nullptr;  // while a transfer is going on
  std::unique_ptr<char[]> buffer_;
  std::string lastSent_;
  std::uint64_t bytesSent_ = 0;
  bool reading_ = false;  // source or transform is running
  Deferred<std::string> done_{nullptr};
};

}  // namespace teasel
