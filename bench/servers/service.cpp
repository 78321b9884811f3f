#include "service.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace teasel::bench {
namespace {

std::vector<char> makePattern() {
  std::vector<char> bytes(Pattern::kPeriod + Pattern::kLongest);
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (std::size_t i = 0; i < Pattern::kPeriod; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    bytes[i] = static_cast<char>(state >> 56);
  }
  for (std::size_t i = Pattern::kPeriod; i < bytes.size(); ++i) bytes[i] = bytes[i - Pattern::kPeriod];
  return bytes;
}

void writeReceipt(ServedStream& stream, const Receipt& receipt) {
  std::array<char, sizeof receipt> bytes;
  std::memcpy(bytes.data(), &receipt, sizeof receipt);
  stream.write(bytes.data(), bytes.size());
}

/// The timers of one request, until the last is over.
struct Timers {
  ServedStream* stream;
  std::uint64_t left;
  Receipt receipt;
};

}  // namespace

std::span<const char> Pattern::from(std::uint64_t at, std::size_t size) {
  static const std::vector<char> kBytes = makePattern();
  return {kBytes.data() + at % kPeriod, size};
}

Service::Service(Kind kind, StartTimer startTimer) : kind_(kind), startTimer_(std::move(startTimer)) {
  if (kind == Kind::kTimers && !startTimer_) throw std::runtime_error("this loop has no timers");
}

void Service::opened(ServedStream& stream) {
  if (kind_ != Kind::kFanOut) return;
  stream.place_ = streams_.size();
  streams_.push_back(&stream);
}

void Service::closed(ServedStream& stream) {
  if (kind_ != Kind::kFanOut) return;
  streams_.back()->place_ = stream.place_;
  streams_[stream.place_] = streams_.back();
  streams_.pop_back();
}

void Service::received(ServedStream& stream, const char* data, std::size_t size) {
  switch (kind_) {
    case Kind::kEcho: return stream.write(data, size);
    case Kind::kSink: return sink(stream, data, size);
    case Kind::kFanOut:
      for (ServedStream* each : streams_) each->write(data, size);
      return;
    case Kind::kSource:
    case Kind::kTimers: return number(stream, data, size);
  }
}

bool Service::drained(ServedStream& stream) {
  if (kind_ != Kind::kSource || stream.left_ == 0) return false;
  const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(stream.left_, kPiece));
  stream.write(Pattern::from(stream.sent_, piece).data(), piece);
  stream.sent_ += piece;
  stream.left_ -= piece;
  return true;
}

void Service::sink(ServedStream& stream, const char* data, std::size_t size) {
  while (size > 0) {
    const auto piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(size, kReceiptEvery - stream.taken_.count % kReceiptEvery));
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < piece; ++i) sum += static_cast<unsigned char>(data[i]);
    stream.taken_.count += piece;
    stream.taken_.check += sum;
    data += piece;
    size -= piece;
    if (stream.taken_.count % kReceiptEvery == 0) writeReceipt(stream, stream.taken_);
  }
}

void Service::number(ServedStream& stream, const char* data, std::size_t size) {
  stream.number_.append(data, size);
  while (stream.number_.size() >= sizeof(std::uint64_t)) {
    std::uint64_t value = 0;
    std::memcpy(&value, stream.number_.data(), sizeof value);
    stream.number_.erase(0, sizeof value);
    if (kind_ == Kind::kTimers) {
      setTimers(stream, value);
    } else {
      const bool idle = stream.left_ == 0;
      stream.left_ += value;
      if (idle) drained(stream);
    }
  }
}

void Service::setTimers(ServedStream& stream, std::uint64_t count) {
  using std::chrono::steady_clock;
  const auto timers = std::make_shared<Timers>(Timers{&stream, count, {count, 0}});
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto wait = static_cast<unsigned>(i % 16 + 1);
    const auto due = steady_clock::now() + std::chrono::milliseconds(wait);
    startTimer_(wait, [timers, due] {
      if (steady_clock::now() < due) ++timers->receipt.check;
      if (--timers->left == 0) writeReceipt(*timers->stream, timers->receipt);
    });
  }
}

}  // namespace teasel::bench
