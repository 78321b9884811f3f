#include <teasel/props/heap.hpp>

#include <algorithm>
#include <utility>

namespace teasel::props {

namespace {

// Signed: a thread may free what another one allocated.
thread_local constinit std::int64_t inUse = 0;
thread_local constinit std::int64_t most = 0;
thread_local constinit bool counts = false;

}  // namespace

HeapMeter::HeapMeter() noexcept : before_(inUse), outerPeak_(std::exchange(most, inUse)) {}

HeapMeter::~HeapMeter() { most = std::max(most, outerPeak_); }

std::size_t HeapMeter::peak() const noexcept { return static_cast<std::size_t>(most - before_); }

bool HeapMeter::counted() noexcept { return counts; }

void detail::heapTaken(std::size_t bytes) noexcept {
  counts = true;
  inUse += static_cast<std::int64_t>(bytes);
  most = std::max(most, inUse);
}

void detail::heapGiven(std::size_t bytes) noexcept { inUse -= static_cast<std::int64_t>(bytes); }

}  // namespace teasel::props
