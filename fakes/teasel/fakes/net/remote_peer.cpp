#include <teasel/fakes/net/remote_peer.hpp>

#include <algorithm>
#include <utility>

namespace teasel::fakes {

void RemotePeer::restart() noexcept {
  stream_ = nullptr;
  received_.clear();
  count_ = allowance_ = 0;
  reading_ = true;
  sawEof_ = sawReset_ = refused_ = eofSent_ = ever_ = false;
}

void RemotePeer::connect(std::size_t port, std::uint32_t entity) {
  side_ = 0;
  ever_ = true;
  network_.connectFromRemote(port, *this, entity, stream_);
}

void RemotePeer::accept(Stream& offered, std::uint32_t entity) {
  side_ = 1;
  ever_ = true;
  stream_ = &offered;
  network_.accept(offered, *this);
  offered.side[1].entity = entity;
  offered.side[0].entity = entity + 1;
  offered.side[1].out.restart(Pipe::kUnbounded);
  network_.establish(offered);
  arrived();
}

void RemotePeer::refused(bool) {
  refused_ = true;
  std::exchange(stream_, nullptr)->side[0].party = nullptr;
}

void RemotePeer::arrived() {
  Pipe& pipe = in();
  if (const std::size_t some = std::min(pipe.available(), reading_ ? Pipe::kUnbounded : static_cast<std::size_t>(allowance_));
      some > 0) {
    if (!reading_) allowance_ -= some;
    const ByteView bytes = pipe.front(some);  // nothing cuts in this direction
    keep(bytes);
    network_.consumed(*stream_, side_, bytes.size());  // may bring more, and call this again
    if (stream_ == nullptr) return;
  }
  if (pipe.atEnd()) sawEof_ = true;
  if (stream_->side[side_].wasReset && pipe.available() == 0) {
    sawReset_ = true;
    network_.abort(*std::exchange(stream_, nullptr), side_);
  }
}

void RemotePeer::keep(ByteView bytes) {
  const std::size_t room = kReceivedKept - std::min(kReceivedKept, received_.size());
  received_.append(bytes.data(), std::min(room, bytes.size()));
  count_ += bytes.size();
}

bool RemotePeer::readAtOnce(ByteView bytes) {
  if (!reading_) return false;
  keep(bytes);
  return true;
}

bool RemotePeer::send(ByteView bytes) {
  if (!writable() || bytes.empty()) return false;
  network_.write(*stream_, side_, bytes);
  return true;
}

bool RemotePeer::cut() {
  if (!writable()) return false;
  network_.note(TraceKind::kCut, *stream_, side_, stream_->side[side_].out.written());
  stream_->side[side_].out.cut();
  return true;
}

bool RemotePeer::endOfStream(bool withLast) {
  if (!writable()) return false;
  eofSent_ = true;
  network_.finish(*stream_, side_, withLast);
  return true;
}

bool RemotePeer::reset() {
  if (stream_ == nullptr) return false;
  network_.abort(*std::exchange(stream_, nullptr), side_);
  return true;
}

bool RemotePeer::close() {
  if (stream_ == nullptr) return false;
  network_.close(*std::exchange(stream_, nullptr), side_);
  return true;
}

bool RemotePeer::stopReading() {
  if (stream_ == nullptr || (!reading_ && allowance_ == 0)) return false;
  reading_ = false;
  allowance_ = 0;
  network_.note(TraceKind::kReading, *stream_, side_, 0);
  return true;
}

bool RemotePeer::read(std::uint64_t count) {
  if (stream_ == nullptr || reading_) return false;
  network_.note(TraceKind::kReading, *stream_, side_, count == 0 ? 1 : count + 1);
  if (count == 0) reading_ = true;
  else allowance_ += count;
  arrived();
  return true;
}

bool RemotePeer::shortWrite(std::uint64_t count) {
  if (stream_ == nullptr) return false;
  Stream::Side& host = stream_->side[1 - side_];
  host.hasShortWrite = true;
  host.shortWrite = count;
  return true;
}

}  // namespace teasel::fakes
