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

/// The transport took no more: its connection ended, or had ended before, while a FileSender was
/// sending.
class FileTransferStopped : public std::runtime_error {
 public:
  explicit FileTransferStopped(std::uint64_t bytesSent)
      : std::runtime_error("the transfer was stopped by its consumer after " + std::to_string(bytesSent) + " bytes"),
        bytesSent_(bytesSent) {}
  /// How much the transport had accepted.
  std::uint64_t bytesSent() const noexcept { return bytesSent_; }

 private:
  std::uint64_t bytesSent_;
};

/// A stream could not be read, or not be opened.
class FileReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Sends what a source has, piece by piece, no faster than the transport takes it: a pull producer.
/// Memory: one piece. The model is twisted.protocols.basic.FileSender.
///
///     std::make_shared<FileSender>()
///         ->beginFileTransfer(FileSender::from(file), transport())
///         .addCallbacks([](const std::string&) { ... }, [](const Failure&) { ... });
///
/// One transfer at a time. The transport keeps it while it sends.
class FileSender : public Producer, public std::enable_shared_from_this<FileSender> {
 public:
  /// Bytes asked of the source at a time (Twisted: CHUNK_SIZE).
  static constexpr std::size_t kChunkSize = 16384;
  /// Pieces in a row that a transform may turn into nothing, before the transfer fails with
  /// LimitExceeded.
  static constexpr std::size_t kEmptyPieces = 1024;

  /// Fills its argument from the front and says how many bytes there are; 0 is the end. May throw.
  /// Called inside resumeProducing only: a source that blocks stops the reactor.
  using Source = UniqueFunction<std::size_t(std::span<char> into)>;
  /// What is sent instead of a piece. May throw.
  using Transform = UniqueFunction<std::string(ByteView piece)>;
  /// Reads a stream to its end; what cannot be read, or was not opened, is a FileReadError. Throws
  /// UsageError for null.
  static Source from(std::shared_ptr<std::istream> stream);

  ~FileSender() override;

  /// Registers with `consumer`, which must not die without stopProducing (no transport of ours
  /// does). The Deferred fires when the source is exhausted and everything it had is written (not
  /// yet necessarily sent), with the last byte written - after the transform - or with "" when
  /// nothing was: whoever must end a text with a line break learns if it has.
  ///
  /// It fails with what source or transform threw, and then the connection is aborted (a file that
  /// broke off must not look whole); with FileTransferStopped when the connection ends first, or
  /// has ended. Cancelled, it unregisters and sends no more, and the connection stays. Throws
  /// UsageError while a transfer is going on or without a source, and what registerProducer throws;
  /// then nothing has begun.
  Deferred<std::string> beginFileTransfer(Source source, Transport& consumer, Transform transform = nullptr);
  /// Bytes written in this transfer, or the last one, after the transform.
  std::uint64_t bytesSent() const noexcept { return bytesSent_; }

  // For the transport
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
