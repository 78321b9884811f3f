#include <teasel/rapidcheck/pass_through.hpp>

#include <typeinfo>

#include <rapidcheck/GenerationFailure.h>
#include <rapidcheck/detail/Results.h>

#include <teasel/core/pass_through.hpp>

namespace teasel::rapidcheck {

namespace {
bool isRapidChecks(const std::type_info& kind) noexcept {
  return kind == typeid(rc::detail::CaseResult) || kind == typeid(rc::GenerationFailure);
}
}  // namespace

void letAssertionsPass() noexcept { addPassThrough(&isRapidChecks); }

}  // namespace teasel::rapidcheck
