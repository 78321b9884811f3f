#include <teasel/protocols/file_sender.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/pass_through.hpp>

namespace teasel {

namespace {

[[noreturn]] void becameShorter(std::uint64_t position, std::uint64_t end) {
  throw FileReadError("a file became shorter while it was sent: after " + std::to_string(position) + " of " +
                      std::to_string(end) + " bytes there were no more");
}

}  // namespace

/// The file of one transfer, as the transport sees it. It notes what the driver says of this
/// transfer; the file itself may be sent by others at the same time.
class FileSender::Lent final : public File {
 public:
  explicit Lent(std::shared_ptr<File> file) noexcept : file_(std::move(file)) {}
  std::size_t read(std::uint64_t offset, std::span<char> into) override { return file_->read(offset, into); }
  std::uint64_t size() override { return file_->size(); }
  int descriptor() const noexcept override { return file_->descriptor(); }
  void sendingFailed(const Failure& why) noexcept override { failure = why; }

  Failure failure;

 private:
  std::shared_ptr<File> file_;
};

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

Deferred<std::string> FileSender::beginFileTransfer(std::shared_ptr<File> file, Transport& consumer, Transform transform) {
  if (file == nullptr) throw UsageError("beginFileTransfer needs a file");
  auto lent = std::make_shared<Lent>(std::move(file));
  auto done = beginFileTransfer([this](std::span<char> into) { return readFile(into); }, consumer, std::move(transform));
  file_ = std::move(lent);
  position_ = fileEnd_ = 0;
  return done;
}

/// Ends the transfer. Returns the Deferred that must be told.
Deferred<std::string> FileSender::leave() {
  consumer_ = nullptr;
  if (!reading_) release();
  return std::exchange(done_, nullptr);
}

void FileSender::release() noexcept {
  source_ = nullptr;
  file_ = nullptr;
  transform_ = nullptr;
  buffer_.reset();
}

/// Makes the next piece, or has the transport take it out of the file. Source, file and transform
/// may cancel the transfer meanwhile.
FileSender::Piece FileSender::produce(std::string& piece) {
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
  const Piece lent = file_ != nullptr && !transform_ ? lend() : Piece::kNone;
  return lent == Piece::kNone ? read(piece) : lent;
}

/// Has the transport send the next bytes of the file from where they are. Returns kNone where they
/// have to be read: the transport cannot, there are so few that reading costs less, or nobody knows
/// whether there are any.
FileSender::Piece FileSender::lend() {
  const std::shared_ptr<Lent> file = file_;
  if (file->descriptor() < 0) return Piece::kNone;
  if (position_ == fileEnd_) {
    const std::uint64_t now = file->size();
    if (now > 0 && now <= position_) return Piece::kEnd;
    fileEnd_ = std::max(now, position_);
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kFilePiece, fileEnd_ - position_));
  if (size <= kChunkSize || consumer_ == nullptr || !consumer_->writeFile(file, position_, size)) return Piece::kNone;
  position_ += size;
  bytesSent_ += size;
  char last = 0;
  if (position_ == fileEnd_ && file->read(position_ - 1, {&last, 1}) == 0) becameShorter(position_, fileEnd_);
  lastSent_ = last;
  return Piece::kLent;
}

/// The file as a source.
std::size_t FileSender::readFile(std::span<char> into) {
  const std::shared_ptr<Lent> file = file_;
  if (position_ == fileEnd_) fileEnd_ = std::max(file->size(), position_);
  const std::size_t count = file->read(position_, into);
  if (count == 0 && position_ < fileEnd_) becameShorter(position_, fileEnd_);
  position_ += count;
  fileEnd_ = std::max(fileEnd_, position_);
  return count;
}

/// Reads until there is something to send, or the end.
FileSender::Piece FileSender::read(std::string& piece) {
  if (buffer_ == nullptr) buffer_ = std::make_unique_for_overwrite<char[]>(kChunkSize);
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
    got = produce(piece);
  } catch (...) {
    if (detail::mustPassThrough()) throw;
    why = Failure::current();
  }
  if (consumer_ == nullptr || got == Piece::kLent) return;  // cancelled meanwhile, or done
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
  if (consumer_ == nullptr) return;
  const Failure broken = file_ != nullptr ? file_->failure : Failure();
  const Deferred<std::string> done = leave();
  if (broken) done.errback(broken);
  else done.errback(FileTransferStopped(bytesSent_));
}

}  // namespace teasel
