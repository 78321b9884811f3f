#include <teasel/deferred/join.hpp>

namespace teasel {

namespace {
std::string allFailed(const std::vector<Failure>& failures) {
  std::string text = "all " + std::to_string(failures.size()) + " inputs failed:";
  for (const Failure& failure : failures) text += " [" + failure.text() + "]";
  return text;
}
}  // namespace

FailureGroup::FailureGroup(std::vector<Failure> failures)
    : std::runtime_error(allFailed(failures)), failures_(std::move(failures)) {}

namespace detail {

JoinState::~JoinState() {
  if (canceller_ != nullptr) canceller_->state = nullptr;
  out_->release();
}

void JoinCanceller::run(Canceller* canceller, Chain* chain) {
  auto* const self = static_cast<JoinCanceller*>(canceller);
  if (chain == nullptr) return poolDelete(self);
  if (self->state != nullptr) {
    const JoinPointer<JoinState> kept(self->state);
    kept->cancelInputs();
  }
  if (self->state == nullptr) self->fires = true;
}

void JoinState::cancelInputs() {
  struct Cancelling {
    JoinState& join;
    explicit Cancelling(JoinState& state) noexcept : join(state) { ++join.cancelling_; }
    Cancelling(const Cancelling&) = delete;
    Cancelling& operator=(const Cancelling&) = delete;
    ~Cancelling() {
      if (--join.cancelling_ == 0 && !join.open()) join.forgetInputs();
    }
  } const cancelling(*this);
  struct Kept {
    Chain& chain;
    explicit Kept(Chain& input) noexcept : chain(input) { chain.retain(); }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept() { chain.release(); }
  };
  for (const WeakChain& input : inputs_) {
    if (input.get() == nullptr) continue;
    const Kept kept(*input.get());
    kept.chain.cancel(Site{});
  }
}

void refuseTwice(const std::vector<Chain*>& inputs, const char* join, Site site) {
  Chain* twice = nullptr;
  for (Chain* each : inputs)
    if (!each->mark()) twice = each;
  for (Chain* each : inputs) each->unmark();
  if (twice == nullptr) return;
  throw UsageError(std::string(join) + " at " + site.text() + ": the Deferred made at " + twice->made().text() +
                   " is given twice, and its result is taken");
}

void holdInputs(const std::vector<Chain*>& inputs) {
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
