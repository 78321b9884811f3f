#include <teasel/fakes/outside.hpp>

#include <algorithm>
#include <utility>

namespace teasel::fakes {

void Outside::restart() noexcept {
  link_ = nullptr;
  received_.clear();
  count_ = allowance_ = 0;
  reading_ = true;
  sawEof_ = sawReset_ = refused_ = eofSent_ = ever_ = false;
}

void Outside::connect(std::size_t port, std::uint32_t entity) {
  side_ = 0;
  ever_ = true;
  network_.connectFromOutside(port, *this, entity, link_);
}

void Outside::accept(Link& offered, std::uint32_t entity) {
  side_ = 1;
  ever_ = true;
  link_ = &offered;
  network_.accept(offered, *this);
  offered.side[1].entity = entity;
  offered.side[0].entity = entity + 1;
  offered.side[1].out.restart(Pipe::kUnbounded);
  network_.establish(offered);
  arrived();
}

void Outside::refused(bool) {
  refused_ = true;
  std::exchange(link_, nullptr)->side[0].party = nullptr;
}

void Outside::arrived() {
  Pipe& pipe = in();
  if (const std::size_t some = std::min(pipe.available(), reading_ ? Pipe::kUnbounded : static_cast<std::size_t>(allowance_));
      some > 0) {
    if (!reading_) allowance_ -= some;
    const ByteView bytes = pipe.front(some);  // nothing cuts this direction
    const ByteView kept = bytes.sub(0, kReceivedKept - std::min(kReceivedKept, received_.size()));
    received_.append(kept.data(), kept.size());
    count_ += bytes.size();
    network_.consumed(*link_, side_, bytes.size());  // may bring more at once, and us here again
    if (link_ == nullptr) return;
  }
  if (pipe.atEnd()) sawEof_ = true;
  if (link_->side[side_].wasReset && pipe.available() == 0) {
    sawReset_ = true;
    network_.abort(*std::exchange(link_, nullptr), side_);
  }
}

bool Outside::send(ByteView bytes) {
  if (!writable() || bytes.empty()) return false;
  network_.write(*link_, side_, bytes);
  return true;
}

bool Outside::cut() {
  if (!writable()) return false;
  network_.note(TraceKind::kCut, *link_, side_, link_->side[side_].out.written());
  link_->side[side_].out.cut();
  return true;
}

bool Outside::endOfStream(bool withLast) {
  if (!writable()) return false;
  eofSent_ = true;
  network_.finish(*link_, side_, withLast);
  return true;
}

bool Outside::reset() {
  if (link_ == nullptr) return false;
  network_.abort(*std::exchange(link_, nullptr), side_);
  return true;
}

bool Outside::close() {
  if (link_ == nullptr) return false;
  network_.close(*std::exchange(link_, nullptr), side_);
  return true;
}

bool Outside::stopReading() {
  if (link_ == nullptr || (!reading_ && allowance_ == 0)) return false;
  reading_ = false;
  allowance_ = 0;
  network_.note(TraceKind::kReading, *link_, side_, 0);
  return true;
}

bool Outside::read(std::uint64_t count) {
  if (link_ == nullptr || reading_) return false;
  network_.note(TraceKind::kReading, *link_, side_, count == 0 ? 1 : count + 1);
  if (count == 0) reading_ = true;
  else allowance_ += count;
  arrived();
  return true;
}

bool Outside::shortWrite(std::uint64_t count) {
  if (link_ == nullptr) return false;
  Link::Side& host = link_->side[1 - side_];
  host.hasShortWrite = true;
  host.shortWrite = count;
  return true;
}

}  // namespace teasel::fakes
