#include <teasel/protocols/detail/framing.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <teasel/core/detail/sanitizers.hpp>

namespace teasel::detail {

namespace {

constexpr std::size_t kFirstCapacity = 128;
/// More memory than this is given back as soon as nothing is held.
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10;

}  // namespace

Framing::~Framing() = default;

void Framing::dataReceived(ByteView data) {
  if (data.size() == 1 && takeQuietly(data[0])) [[likely]] {
    return;
  }
  if (fitsQuietly(data)) takeQuietly(data);
  else receive(data);
}

void Framing::receive(ByteView data) {
  if (busy_) late_.append(data.data(), data.size());
  else if (!data.empty()) run(data);
}

void Framing::run(ByteView data) {
  busy_ = true;
  fastEnd_ = nullptr;
  try {
    process(data);
    if (!late_.empty()) processLate();
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

void Framing::processLate() {
  std::string more;
  try {
    while (!late_.empty() && !stopped()) {
      keepRest();
      more = std::exchange(late_, {});
      process(more);
    }
  } catch (...) {
    keepRest();
    throw;
  }
  keepRest();
}

void Framing::process(ByteView data) {
  if (partial_ && begin_ != end_) {
    processPartial(data);
  } else if (begin_ == end_) {
    rest_ = data;
    deliverRest();
  } else {
    append(data);
    rest_ = held();
    restHeld_ = true;
    clearHeld();
    deliverRest();
  }
}

// Completes the frame whose beginning is held, then goes on in the chunk itself.
void Framing::processPartial(ByteView data) {
  if (stopped()) {
    partial_ = false;
    append(data);
    return;
  }
  const Found found = find(held(), data);
  if (found.end == Found::kNone) {
    append(data);
    return;
  }
  append(data.sub(0, found.end));
  const ByteView frame = held();
  clearHeld();
  partial_ = false;
  rest_ = data.sub(found.end);
  deliver(frame, found);
  // a view kept past its callback now points to memory that is gone
  if constexpr (kSanitized) release();
  deliverRest();
}

void Framing::deliverRest() {
  partial_ = false;
  while ((due_ || !rest_.empty()) && !stopped()) {
    if (!deliverSome()) {
      partial_ = true;
      return;
    }
  }
}

void Framing::changed() noexcept {
  changed_ = true;
  if (begin_ != end_) partial_ = false;
  fastEnd_ = nullptr;
  if (!busy_) enterIdle();
}

std::string Framing::takeAll() {
  std::string all = held().str();
  all.append(rest_.data(), rest_.size());
  all.append(late_);
  clearHeld();
  rest_ = {};
  late_.clear();
  changed();
  return all;
}

void Framing::putBack(ByteView data) {
  std::string all = data.str();
  all.append(rest_.data(), rest_.size());
  late_.insert(0, all);
  rest_ = {};
}

void Framing::producingResumed() {
  if (!busy_ && (due_ || (!partial_ && begin_ != end_))) run({});
}

void Framing::keepRest() {
  if (restHeld_ && !rest_.empty()) {
    begin_ = memory_.get() + (rest_.begin() - memory_.get());
    end_ = begin_ + rest_.size();
  } else {
    append(rest_);
  }
  rest_ = {};
  restHeld_ = false;
}

// After the last callback: what was not delivered is held, unless nobody will ever get it.
void Framing::finish() {
  busy_ = false;
  keepRest();
  if (!late_.empty()) {
    append(late_);
    late_.clear();
    partial_ = false;
  }
  if (begin_ != end_ && !partial_ && transport().disconnecting()) clearHeld();
  enterIdle();
}

void Framing::enterIdle() noexcept {
  if (begin_ == end_) {
    if (capacity_ > kKeptCapacity) release();
    clearHeld();
    partial_ = true;
    if (capacity_ == 0) return;
  }
  if (partial_) fastEnd_ = begin_ + std::min(quietSize(), capacity_ - static_cast<std::size_t>(begin_ - memory_.get()));
  else fastEnd_ = nullptr;
}

// Doubles, or moves what is held to the front where at least as much has been consumed: each byte
// is copied a bounded number of times on average.
void Framing::append(ByteView data) {
  if (data.empty()) return;
  const std::size_t size = held().size(), consumed = static_cast<std::size_t>(begin_ - memory_.get());
  if (capacity_ - consumed - size < data.size()) {
    if (consumed >= size && capacity_ - size >= data.size()) {
      std::memmove(memory_.get(), begin_, size);
    } else {
      const std::size_t capacity = std::max({kFirstCapacity, 2 * size, size + data.size()});
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (size > 0) std::memcpy(larger.get(), begin_, size);
      memory_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = memory_.get();
    end_ = begin_ + size;
  }
  std::memcpy(end_, data.data(), data.size());
  end_ += data.size();
}

void Framing::release() noexcept {
  memory_.reset();
  capacity_ = 0;
  clearHeld();
}

}  // namespace teasel::detail
