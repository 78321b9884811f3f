#include <teasel/protocols/file_sender.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/pass_through.hpp>

namespace teasel {

FileSender::~FileSender() = default;

FileSender::Source FileSender::from(std::shared_ptr<std::istream> stream) {
  if (stream == nullptr) throw UsageError("FileSender::from needs a stream");
  return [stream = std::move(stream)](std::span<char> into) -> std::size_t {
    if (stream->fail() && !stream->eof()) throw FileReadError("the stream was not opened, or had failed before");
    stream->read(into.data(), static_cast<std::streamsize>(into.size()));
    if (stream->bad()) throw FileReadError("reading the stream failed");
    return static_cast<std::size_t>(stream->gcount());
  };
}

Deferred<std::string> FileSender::beginFileTransfer(Source source, Transport& consumer, Transform transform) {
  if (!source) throw UsageError("beginFileTransfer needs a source");
  if (consumer_ != nullptr || reading_)
    throw UsageError("beginFileTransfer while another transfer of this FileSender is going on");
  consumer.registerProducer(shared_from_this(), false);
  consumer_ = &consumer;
  source_ = std::move(source);
  transform_ = std::move(transform);
  buffer_ = std::make_unique_for_overwrite<char[]>(kChunkSize);
  lastSent_.clear();
  bytesSent_ = 0;
  done_ = Deferred<std::string>([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->consumer_ == nullptr) return;
    Transport& to = *self->consumer_;
    self->leave();
    to.unregisterProducer();
  });
  return done_;
}

/// The transfer is over; gives back whom to tell.
Deferred<std::string> FileSender::leave() {
  consumer_ = nullptr;
  if (!reading_) release();
  return std::exchange(done_, nullptr);
}

void FileSender::release() noexcept {
  source_ = nullptr;
  transform_ = nullptr;
  buffer_.reset();
}

/// Reads until there is something to send. Source and transform may cancel the transfer meanwhile.
FileSender::Piece FileSender::read(std::string& piece) {
  struct Reading {
    FileSender& sender;
    explicit Reading(FileSender& s) noexcept : sender(s) { sender.reading_ = true; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    ~Reading() {
      sender.reading_ = false;
      if (sender.consumer_ == nullptr) sender.release();
    }
  };
  const Reading reading(*this);
  for (std::size_t empty = 0; consumer_ != nullptr; ++empty) {
    if (empty == kEmptyPieces) throw LimitExceeded("pieces in a row that a transform may leave empty", kEmptyPieces, empty + 1);
    if (const Piece got = next(piece); got != Piece::kNone) return got;
  }
  return Piece::kNone;
}

FileSender::Piece FileSender::next(std::string& piece) {
  const std::size_t count = source_({buffer_.get(), kChunkSize});
  if (count > kChunkSize)
    throw UsageError("the source of a FileSender gave " + std::to_string(count) + " bytes where " + std::to_string(kChunkSize) +
                     " had room");
  if (count == 0) return Piece::kEnd;
  const ByteView bytes(buffer_.get(), count);
  piece = transform_ ? transform_(bytes) : bytes.str();
  return piece.empty() ? Piece::kNone : Piece::kSome;
}

void FileSender::resumeProducing() {
  if (consumer_ == nullptr) return;
  const auto keep = shared_from_this();
  Transport& to = *consumer_;
  std::string piece;
  Piece got = Piece::kNone;
  Failure why;
  try {
    got = read(piece);
  } catch (...) {
    if (detail::mustPassThrough()) throw;
    why = Failure::current();
  }
  if (consumer_ == nullptr) return;  // cancelled meanwhile
  if (got == Piece::kSome) {
    lastSent_ = piece.back();
    bytesSent_ += piece.size();
    to.write(piece);
    return;
  }
  const Deferred<std::string> done = leave();
  to.unregisterProducer();
  if (!why) return done.callback(lastSent_);
  to.abortConnection(Site::here(), why);
  done.errback(why);
}

void FileSender::stopProducing() {
  if (consumer_ != nullptr) leave().errback(FileTransferStopped(bytesSent_));
}

}  // namespace teasel
