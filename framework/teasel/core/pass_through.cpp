#include <teasel/core/pass_through.hpp>

#include <cxxabi.h>
#include <array>
#include <atomic>

#include <teasel/core/check.hpp>

namespace teasel {

thread_local constinit unsigned detail::NoPassThrough::depth_ = 0;

namespace {
std::array<std::atomic<PassThrough>, 8> predicates{};
}

void addPassThrough(PassThrough predicate) noexcept {
  for (auto& slot : predicates) {
    PassThrough expected = nullptr;
    if (slot == predicate || slot.compare_exchange_strong(expected, predicate)) return;
  }
  TEASEL_CHECK(!"more than 8 pass-through predicates");
}

bool detail::mustPassThrough() noexcept {
  const std::type_info* kind = abi::__cxa_current_exception_type();
  if (kind == nullptr || NoPassThrough::active()) return false;
  for (const auto& slot : predicates) {
    const PassThrough predicate = slot.load(std::memory_order_relaxed);
    if (predicate == nullptr) return false;
    if (predicate(*kind)) return true;
  }
  return false;
}

}  // namespace teasel
