#include <teasel/deferred/join.hpp>

#include <teasel/core/logger.hpp>
#include <teasel/core/pass_through.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("Deferred");

std::string allFailed(const std::vector<Failure>& failures) {
  std::string text = "all " + std::to_string(failures.size()) + " inputs failed:";
  for (const Failure& failure : failures) text += " [" + failure.text() + "]";
  return text;
}
}  // namespace

FailureGroup::FailureGroup(std::vector<Failure> failures)
    : std::runtime_error(allFailed(failures)), failures_(std::move(failures)) {}

namespace detail {

void cancelAll(std::vector<Chain*>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Chain* const chain = inputs[i];  // null once the input has a result or is dead
    if (chain == nullptr) continue;
    chain->retain();
    try {
      chain->cancel(Site{});
    } catch (...) {
      if (mustPassThrough()) {
        chain->release();
        throw;
      }
      kLog.failure("A canceller threw while a join was being cancelled", Failure::current(Site{}));
    }
    chain->release();
  }
}

void holdInputs(const std::vector<Chain*>& inputs, const char* join, bool takes, Site site) {
  if (takes) {
    Chain* twice = nullptr;
    for (Chain* each : inputs)
      if (!each->mark()) twice = each;
    for (Chain* each : inputs) each->unmark();
    if (twice != nullptr) {
      throw UsageError(std::string(join) + " at " + site.text() + ": the Deferred made at " + twice->made().text() +
                       " is given twice, and its result is taken");
    }
  }
  for (Chain* each : inputs) each->hold();
}

void letGo(const std::vector<Chain*>& inputs) {
  struct Rest {
    const std::vector<Chain*>& inputs;
    std::size_t first = 0;
    ~Rest() {
      for (; first < inputs.size(); ++first) inputs[first]->dropHold();
    }
  } rest{inputs};
  while (rest.first < inputs.size()) {
    Chain* const next = inputs[rest.first++];
    next->dropHold();
    next->runIfAble();
  }
}

void refuseEmptyJoin(const char* join, Site site) {
  throw UsageError(std::string(join) + " at " + site.text() + ": without inputs it could never fire");
}

}  // namespace detail
}  // namespace teasel
