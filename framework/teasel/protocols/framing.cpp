#include <teasel/protocols/framing.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

#include <teasel/core/sanitizers.hpp>

namespace teasel {

namespace {

constexpr std::size_t kFirstCapacity = 128;
/// More memory than this is freed as soon as nothing waits.
constexpr std::size_t kKeptCapacity = std::size_t{64} << 10;

}  // namespace

Framing::~Framing() = default;

void Framing::dataReceived(ByteView data) {
  if (data.size() == 1 && tryCumulate(data[0])) [[likely]] {
    return;
  }
  if (canCumulate(data)) cumulate(data);
  else receive(data);
}

void Framing::receive(ByteView data) {
  if (delivering_) late_.append(data.data(), data.size());
  else if (!data.empty()) run(data);
}

void Framing::run(ByteView data) {
  delivering_ = true;
  cumulateEnd_ = nullptr;
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
      keepInput();
      more = std::exchange(late_, {});
      process(more);
    }
  } catch (...) {
    keepInput();
    throw;
  }
  keepInput();
}

void Framing::process(ByteView data) {
  if (partial_ && begin_ != end_) {
    completeFrame(data);
  } else if (begin_ == end_) {
    input_ = data;
    deliverAll();
  } else {
    append(data);
    input_ = cumulation();
    inputInMemory_ = true;
    clearCumulation();
    deliverAll();
  }
}

// Completes the frame whose beginning is the cumulation, then goes on in the chunk itself.
void Framing::completeFrame(ByteView data) {
  if (stopped()) {
    partial_ = false;
    append(data);
    return;
  }
  const FrameEnd end = find(cumulation(), data);
  if (end.at - 1 >= data.size()) {
    if (end.at != FrameEnd::kIncomplete) refuse(end.at, data.size());
    append(data);
    return;
  }
  append(data.sub(0, end.at));
  const ByteView frame = cumulation();
  clearCumulation();
  partial_ = false;
  input_ = data.sub(end.at);
  deliver(frame, end);
  // A view that was kept past its callback now points to freed memory, and the sanitizer says so.
  if constexpr (detail::kSanitized) release();
  deliverAll();
}

void Framing::deliverAll() {
  partial_ = false;
  while ((due_ || !input_.empty()) && !stopped()) {
    if (!deliverInput()) {
      partial_ = true;
      return;
    }
  }
}

void Framing::refuse(std::size_t at, std::size_t size) const {
  throw UsageError(logPrefix() + "::find says that a frame ends with byte " + std::to_string(at) + " of " + std::to_string(size));
}

void Framing::framingChanged() noexcept {
  changed_ = true;
  if (begin_ != end_) partial_ = false;
  cumulateEnd_ = nullptr;
  if (!delivering_) enterIdle();
}

std::string Framing::takeBuffered() {
  std::string all = cumulation().str();
  all.append(input_.data(), input_.size());
  all.append(late_);
  clearCumulation();
  input_ = {};
  late_.clear();
  framingChanged();
  return all;
}

void Framing::putBack(ByteView data) {
  std::string all = data.str();
  all.append(input_.data(), input_.size());
  late_.insert(0, all);
  input_ = {};
}

struct Framing::VirtualCalls {
  Framing& protocol;
  FrameEnd find(ByteView before, ByteView in) const { return protocol.find(before, in); }
  void deliver(ByteView frame, const FrameEnd& end) const { protocol.deliver(frame, end); }
};

bool Framing::deliverInput() {
  const VirtualCalls calls{*this};
  return deliverFrames(calls);
}

void Framing::deliverBuffered() {
  if (!delivering_ && (due_ || (!partial_ && begin_ != end_))) run({});
}

void Framing::producingResumed() { deliverBuffered(); }

void Framing::keepInput() {
  if (inputInMemory_ && !input_.empty()) {
    begin_ = memory_.get() + (input_.begin() - memory_.get());
    end_ = begin_ + input_.size();
  } else {
    append(input_);
  }
  input_ = {};
  inputInMemory_ = false;
}

// After the last callback: keeps what was not delivered, unless the connection is closing.
void Framing::finish() {
  delivering_ = false;
  keepInput();
  if (!late_.empty()) {
    append(late_);
    late_.clear();
    partial_ = false;
  }
  if (begin_ != end_ && !partial_ && transport().disconnecting()) clearCumulation();
  enterIdle();
}

void Framing::enterIdle() noexcept {
  if (begin_ == end_) {
    if (capacity_ > kKeptCapacity) release();
    clearCumulation();
    partial_ = true;
    if (capacity_ == 0) return;
  }
  if (!partial_) {
    cumulateEnd_ = nullptr;
    return;
  }
  // The byte that makes the frame as large as it must be goes to find.
  const std::size_t needed = bytesNeeded(), quiet = needed - (needed > 0 ? 1 : 0);
  cumulateEnd_ = begin_ + std::min(quiet, capacity_ - static_cast<std::size_t>(begin_ - memory_.get()));
}

// Doubles the memory, or moves the cumulation to the front if at least as much has been consumed.
// On average each byte is copied a bounded number of times.
void Framing::append(ByteView data) {
  if (data.empty()) return;
  const std::size_t size = cumulation().size(), consumed = static_cast<std::size_t>(begin_ - memory_.get());
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
  clearCumulation();
}

}  // namespace teasel
