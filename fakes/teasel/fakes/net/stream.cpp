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
  lastArrival_ = Instant{};
  finished_ = endArrived_ = false;
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
  if (at <= now && transitAt_ == transit_.size()) {
    endArrived_ = true;
  } else {
    lastArrival_ = std::max(at, lastArrival_);
    transit_.push_back({written_, lastArrival_, true});
  }
}

bool Pipe::settle(Instant now) noexcept {
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
  if (written_ == 0 || (cutAt_ < cuts_.size() && cuts_.back() == written_)) return;
  if (cutAt_ == cuts_.size()) cuts_.clear(), cutAt_ = 0;
  if (written_ > read_) cuts_.push_back(written_);
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
