#include <teasel/fakes/net/stream.hpp>

#include <algorithm>
#include <cstring>

#include <teasel/core/check.hpp>

namespace teasel::fakes {

void Pipe::restart(std::size_t window) noexcept {
  head_ = 0;
  written_ = arrived_ = read_ = readAhead_ = 0;
  window_ = window;
  transit_.clear();
  cuts_.clear();
  transitAt_ = cutAt_ = 0;
  nextCut_ = kNoCut;
  lastArrival_ = Instant{};
  finished_ = endArrived_ = stalled_ = false;
}

void Pipe::makeRoom(std::size_t count) {
  const auto held = static_cast<std::size_t>(written_ - read_);
  if (held + count > capacity_) {
    const std::size_t capacity = std::max({held + count, capacity_ * 2, std::size_t{256}});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (held > 0) std::memcpy(larger.get(), bytes_.get() + head_, held);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  } else {
    std::memmove(bytes_.get(), bytes_.get() + head_, held);
  }
  head_ = 0;
}

void Pipe::pushInTransit(Instant at) {
  lastArrival_ = std::max(at, lastArrival_);
  transit_.push_back({written_, lastArrival_, false});
}

void Pipe::finish(Instant now, Instant at) {
  if (finished_) return;
  finished_ = true;
  if (at <= now && transit_.empty() && !stalled_) {
    endArrived_ = true;
  } else {
    lastArrival_ = std::max(at, lastArrival_);
    transit_.push_back({written_, lastArrival_, true});
  }
}

void Pipe::pushStalled(ByteView bytes, Instant at) {
  // An instant before their arrival: so they are in transit.
  push(bytes, at - Duration(1), at);
}

void Pipe::resume(Instant earliest) noexcept {
  stalled_ = false;
  for (std::size_t i = transitAt_; i < transit_.size(); ++i) transit_[i].at = std::max(transit_[i].at, earliest);
  if (waits()) lastArrival_ = transit_.back().at;
}

bool Pipe::settle(Instant now) noexcept {
  if (stalled_) return false;
  const std::size_t before = transitAt_;
  for (; transitAt_ < transit_.size() && transit_[transitAt_].at <= now; ++transitAt_) {
    arrived_ = transit_[transitAt_].upTo;
    endArrived_ = endArrived_ || transit_[transitAt_].end;
  }
  const bool any = transitAt_ != before;
  if (transitAt_ == transit_.size()) transit_.clear(), transitAt_ = 0;
  return any;
}

void Pipe::cut() {
  if (written_ <= read_ || (nextCut_ != kNoCut && cuts_.back() == written_)) return;
  if (nextCut_ == kNoCut) {
    cuts_.clear();
    cutAt_ = 0;
    nextCut_ = written_;
  }
  cuts_.push_back(written_);
}

/// Goes on to the first cut that lies ahead of the reader.
void Pipe::passCuts() noexcept {
  while (cutAt_ < cuts_.size() && cuts_[cutAt_] <= read_) ++cutAt_;
  nextCut_ = cutAt_ < cuts_.size() ? cuts_[cutAt_] : kNoCut;
}

void Pipe::takeAhead(std::size_t limit) noexcept { readAhead_ = std::max(readAhead_, std::min(arrived_, read_ + limit)); }

std::size_t Pipe::lose(bool all, bool keepEnd) noexcept {
  const std::uint64_t kept = all ? read_ : arrived_;
  const auto lost = static_cast<std::size_t>(written_ - kept);
  written_ = arrived_ = kept;
  readAhead_ = std::min(readAhead_, kept);
  transit_.clear();
  transitAt_ = 0;
  if (all) head_ = 0;
  finished_ = true;
  endArrived_ = endArrived_ && keepEnd && !all;
  return lost;
}

}  // namespace teasel::fakes
