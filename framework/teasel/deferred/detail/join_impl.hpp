#pragma once

#include <optional>

#include <teasel/core/pass_through.hpp>
#include <teasel/deferred/join.hpp>

namespace teasel {
namespace detail {

/// Throws UsageError for an input that is given twice.
void refuseTwice(const std::vector<Chain*>& inputs, const char* join, Site site);
/// Keeps inputs from running while they are hooked.
void holdInputs(const std::vector<Chain*>& inputs);
/// Lets the inputs run, in their order. Those that have a result report it.
void letGo(const std::vector<Chain*>& inputs);
[[noreturn]] void refuseEmptyJoin(const char* join, Site site);

struct JoinCanceller;

/// What every join has: its own chain, and weak references to its inputs. The links on the inputs
/// own the JoinState; the canceller of its chain does not. When no input is left that could give a
/// result, the JoinState dies. Its chain then dies unfired, unless somebody holds it.
class JoinState {
 public:
  JoinState(Chain& out, std::size_t count) : out_(&out), inputs_(count) { out_->retain(); }
  JoinState(const JoinState&) = delete;
  JoinState& operator=(const JoinState&) = delete;
  virtual ~JoinState();

  void retain() noexcept { ++owners_; }
  void release() noexcept {
    if (--owners_ == 0) delete this;
  }
  /// Calls cancel() on every input that lives, in their order, although the join may fire before
  /// the last one. An input that has reported may wait for a Deferred by now.
  void cancelInputs();
  std::vector<WeakChain>& inputs() noexcept { return inputs_; }

 protected:
  bool open() const noexcept { return !out_->called(); }
  /// Gives the join its result. Returns its chain, which runs next.
  template <class V, class Given>
  Chain* fire(Given&& value) {
    fired();
    out_->put<V>(std::forward<Given>(value));
    return pass();
  }
  Chain* fireFailure(Failure failure) noexcept {
    fired();
    out_->putFailure(std::move(failure));
    return pass();
  }

 private:
  friend struct JoinCanceller;
  void fired() noexcept {
    out_->markFired(out_->made());
    if (cancelling_ == 0) forgetInputs();
  }
  /// The inputs may live long. They must not collect references of joins that are over.
  void forgetInputs() noexcept {
    for (WeakChain& input : inputs_) input.reset();
  }
  Chain* pass() noexcept {
    out_->retain();
    return out_;
  }
  Chain* out_;
  std::vector<WeakChain> inputs_;
  std::size_t owners_ = 0;
  unsigned cancelling_ = 0;  // how many calls of cancelInputs go on
  JoinCanceller* canceller_ = nullptr;
};

/// Owns a JoinState, together with others. It belongs to the thread of the chains.
template <class State>
class JoinPointer {
 public:
  explicit JoinPointer(State* state) noexcept : state_(state) { state_->retain(); }
  JoinPointer(const JoinPointer& other) noexcept : JoinPointer(other.state_) {}
  JoinPointer& operator=(const JoinPointer&) = delete;
  ~JoinPointer() { state_->release(); }
  State& operator*() const noexcept { return *state_; }
  State* operator->() const noexcept { return state_; }

 private:
  State* state_;
};

/// Cancels the inputs of a join that is still there. When no input is left that could report, the
/// join is gone, and its chain gets the CancelledError itself.
struct JoinCanceller final : Canceller {
  JoinCanceller(JoinState& join, bool alone) : Canceller{&run, alone}, state(&join) { join.canceller_ = this; }
  JoinCanceller(const JoinCanceller&) = delete;
  JoinCanceller& operator=(const JoinCanceller&) = delete;
  ~JoinCanceller() {
    if (state != nullptr) state->canceller_ = nullptr;
  }
  static void run(Canceller* canceller, Chain* chain);
  JoinState* state;  // null when that is gone
};

inline constexpr std::size_t kAnyPlace = static_cast<std::size_t>(-1);

/// The link on an input. It hands the input's result to State::arrived(index, Result<T>), or, where
/// the index is the constant kPlace, to State::arrivedAt<kPlace>(Result<T>). These may return the
/// chain that runs next.
template <class State, class T, std::size_t kPlace>
struct JoinLink final : Link {
  JoinLink(const JoinPointer<State>& join, std::size_t at, bool takes, bool quiets)
      : Link{&run, nullptr, kOnBoth}, state(join), index(at), take(takes), quiet(quiets) {}
  static Chain* run(Link* link, Chain* chain) {
    Consumed<JoinLink> self{static_cast<JoinLink*>(link)};
    JoinLink& here = *self.node;
    if (chain == nullptr) return nullptr;
    if constexpr (kPlace == kAnyPlace) return here.state->arrived(here.index, here.resultOf(*chain));
    else return here.state->template arrivedAt<kPlace>(here.resultOf(*chain));
  }
  /// When copying or moving the value throws, the result is that failure: the join must not miss a
  /// result.
  Result<T> resultOf(Chain& chain) const {
    try {
      if (take) return BothLink<T, PassBy>::take(chain);
      if (chain.state() == ChainState::kFailure) {
        if (quiet) chain.setQuiet();
        return chain.failure();
      }
      if constexpr (std::is_void_v<T>) return {};
      else if constexpr (std::is_copy_constructible_v<T>) return Result<T>(chain.template value<T>());
      else return Failure(UsageError("refused when the join was made"));
    } catch (...) {
      if (mustPassThrough()) throw;
      return Failure::current(Site{});
    }
  }
  JoinPointer<State> state;
  std::size_t index;
  bool take, quiet;
};

/// Makes the state of a join whose chain is `out`. The caller hooks the inputs afterwards.
template <class State, class Out, class... Args>
JoinPointer<State> makeJoin(const Deferred<Out>& out, bool fires, std::size_t count, Args&&... args) {
  JoinPointer<State> state(new State(*Access::chain(out), count, std::forward<Args>(args)...));
  Access::chain(out)->setCanceller(poolNew<JoinCanceller>(*state, fires));
  return state;
}

template <std::size_t kPlace = kAnyPlace, class State, class T>
void hook(const JoinPointer<State>& state, std::size_t index, const Deferred<T>& input, bool take, bool quiet, Site site) {
  static_assert(std::is_void_v<T> || std::is_move_constructible_v<T>);
  Chain& chain = *Access::chain(input);
  state->inputs()[index].set(chain);
  Link* link = poolNew<JoinLink<State, T, kPlace>>(state, index, take, quiet);
  if (take) chain.claim(Claim::kTaken, site);
  chain.add(link);
}

template <class State, class Inputs>
void hookAll(const char* join, const JoinPointer<State>& state, Inputs&& inputs, bool quiet, Site site) {
  constexpr bool kTake = !std::is_lvalue_reference_v<Inputs>;
  using T = typename std::remove_cvref_t<Inputs>::value_type::Value;
  static_assert(kTake || std::is_void_v<T> || std::is_copy_constructible_v<T>,
                "results that cannot be copied are taken: give the join std::move(inputs)");
  std::vector<Chain*> chains;
  chains.reserve(inputs.size());
  bool ready = false;
  for (const Deferred<T>& input : inputs) {
    chains.push_back(&Access::open(input, join, site));
    ready |= chains.back()->hasResult();
  }
  if constexpr (kTake) refuseTwice(chains, join, site);
  const auto hookEach = [&](const std::vector<Deferred<T>>& handles) {
    for (std::size_t i = 0; i < handles.size(); ++i) hook(state, i, handles[i], kTake, quiet, site);
  };
  if (!kTake && !ready) return hookEach(inputs);  // no callback runs meanwhile
  // A copy: a callback may change the caller's vector.
  const std::remove_cvref_t<Inputs> own(std::forward<Inputs>(inputs));
  holdInputs(chains);
  hookEach(own);
  letGo(chains);
}

template <class T>
class ListState final : public JoinState {
 public:
  ListState(Chain& out, std::size_t count, bool onErrback)
      : JoinState(out, count), results_(count), fireOnOneErrback_(onErrback) {}
  Chain* arrived(std::size_t index, Result<T> result) {
    const Failure failure = result.failure();
    results_[index].emplace(std::move(result));
    ++finished_;
    if (!open()) return nullptr;
    if (failure && fireOnOneErrback_) return fireFailure(Failure(FirstError(failure, index), failure.where()));
    return finished_ == results_.size() ? finish() : nullptr;
  }
  Chain* finish() {
    std::vector<Result<T>> all;
    all.reserve(results_.size());
    for (auto& result : results_) all.push_back(std::move(*result));
    return fire<std::vector<Result<T>>>(std::move(all));
  }

 private:
  std::vector<std::optional<Result<T>>> results_;
  std::size_t finished_ = 0;
  bool fireOnOneErrback_;
};

/// race, and deferredList that fires on one callback.
template <class T>
class FirstState final : public JoinState {
 public:
  FirstState(Chain& out, std::size_t count, bool onErrback, bool cancels)
      : JoinState(out, count), failures_(count), fireOnOneErrback_(onErrback), cancels_(cancels) {}
  Chain* arrived(std::size_t index, Result<T> result) {
    if (won_) return nullptr;
    if (!result.ok()) {
      failures_[index] = result.failure();
      ++failed_;
      if (!open()) return nullptr;
      if (fireOnOneErrback_) return fireFailure(Failure(FirstError(failures_[index], index), failures_[index].where()));
      return failed_ == failures_.size() ? fireFailure(Failure(FailureGroup(failures_), Site{})) : nullptr;
    }
    if (!open()) return nullptr;
    won_ = true;
    if (cancels_) cancelInputs();
    if (!open()) return nullptr;
    if constexpr (std::is_void_v<T>) return fire<First<void>>(First<void>(index));
    else return fire<First<T>>(First<T>(index, std::move(result).value()));
  }

 private:
  std::vector<Failure> failures_;
  std::size_t failed_ = 0;
  bool won_ = false, fireOnOneErrback_, cancels_;
};

template <class... Ts>
class TupleState final : public JoinState {
 public:
  using Out = std::tuple<InTuple<Ts>...>;
  TupleState(Chain& out, std::size_t count) : JoinState(out, count) {}
  template <std::size_t kIndex, class T>
  Chain* arrivedAt(Result<T> result) {
    ++finished_;
    const Failure failure = result.failure();
    if (!failure) {
      if constexpr (std::is_void_v<T>) std::get<kIndex>(values_).emplace();
      else std::get<kIndex>(values_).emplace(std::move(result).value());
    }
    if (!open()) return nullptr;
    if (failure) return fireFailure(Failure(FirstError(failure, kIndex), failure.where()));
    return finished_ == sizeof...(Ts) ? finish() : nullptr;
  }

 private:
  Chain* finish() {
    return std::apply([this](auto&... value) { return this->template fire<Out>(Out(std::move(*value)...)); }, values_);
  }
  std::tuple<std::optional<InTuple<Ts>>...> values_;
  std::size_t finished_ = 0;
};

template <class T, class Inputs>
Deferred<std::vector<Result<T>>> makeList(Inputs&& inputs, ListOptions options, Site site) {
  Deferred<std::vector<Result<T>>> out(site);
  const auto state = makeJoin<ListState<T>>(out, false, inputs.size(), options.fireOnOneErrback);
  if (inputs.empty()) {
    state->finish()->release();
    return out;
  }
  hookAll("deferredList", state, std::forward<Inputs>(inputs), options.consumeErrors, site);
  return out;
}
template <class T, class Inputs>
Deferred<First<T>> makeFirst(const char* what, Inputs&& inputs, ListOptions options, bool cancels, Site site) {
  if (inputs.empty()) refuseEmptyJoin(what, site);
  Deferred<First<T>> out(site);
  const auto state = makeJoin<FirstState<T>>(out, cancels, inputs.size(), options.fireOnOneErrback, cancels);
  hookAll(what, state, std::forward<Inputs>(inputs), options.consumeErrors, site);
  return out;
}
template <class T, class Inputs>
Deferred<Gathered<T>> makeGathered(Inputs&& inputs, GatherOptions options, Site site) {
  auto list = makeList<T>(std::forward<Inputs>(inputs), {.fireOnOneErrback = true, .consumeErrors = options.consumeErrors}, site);
  return list.addCallback(
      [](std::vector<Result<T>> results) {
        if constexpr (!std::is_void_v<T>) {
          std::vector<T> values;
          values.reserve(results.size());
          for (Result<T>& result : results) values.push_back(std::move(result).value());
          return values;
        }
      },
      site);
}

}  // namespace detail

template <class T>
Deferred<std::vector<Result<T>>> deferredList(const std::vector<Deferred<T>>& inputs, ListOptions options, Site site) {
  return detail::makeList<T>(inputs, options, site);
}
template <class T>
Deferred<std::vector<Result<T>>> deferredList(std::vector<Deferred<T>>&& inputs, ListOptions options, Site site) {
  return detail::makeList<T>(std::move(inputs), options, site);
}
template <class T>
Deferred<First<T>> deferredList(const std::vector<Deferred<T>>& inputs, FireOnOneCallback, ListOptions options, Site site) {
  return detail::makeFirst<T>("deferredList", inputs, options, false, site);
}
template <class T>
Deferred<First<T>> deferredList(std::vector<Deferred<T>>&& inputs, FireOnOneCallback, ListOptions options, Site site) {
  return detail::makeFirst<T>("deferredList", std::move(inputs), options, false, site);
}
template <class T>
Deferred<detail::Gathered<T>> gatherResults(const std::vector<Deferred<T>>& inputs, GatherOptions options, Site site) {
  return detail::makeGathered<T>(inputs, options, site);
}
template <class T>
Deferred<detail::Gathered<T>> gatherResults(std::vector<Deferred<T>>&& inputs, GatherOptions options, Site site) {
  return detail::makeGathered<T>(std::move(inputs), options, site);
}
template <class T>
Deferred<First<T>> race(const std::vector<Deferred<T>>& inputs, Site site) {
  return detail::makeFirst<T>("race", inputs, {.fireOnOneErrback = false, .consumeErrors = true}, true, site);
}
template <class T>
Deferred<First<T>> race(std::vector<Deferred<T>>&& inputs, Site site) {
  return detail::makeFirst<T>("race", std::move(inputs), {.fireOnOneErrback = false, .consumeErrors = true}, true, site);
}

template <detail::JoinInput... Inputs>
detail::GatheredTuple<Inputs...> detail::gatherAt(Site site, Inputs&&... inputs) {
  using State = detail::TupleState<typename std::remove_cvref_t<Inputs>::Value...>;
  const std::vector<detail::Chain*> chains{&detail::Access::open(inputs, "gather", site)...};
  // Copies: a callback may change the caller's handles.
  const std::tuple<std::remove_cvref_t<Inputs>...> own(inputs...);
  Deferred<typename State::Out> out(site);
  const auto state = detail::makeJoin<State>(out, false, sizeof...(Inputs));
  if constexpr ((... || !std::is_lvalue_reference_v<Inputs>)) detail::refuseTwice(chains, "gather", site);
  detail::holdInputs(chains);
  [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    (detail::hook<kIndex>(state, kIndex, std::get<kIndex>(own), !std::is_lvalue_reference_v<Inputs>, false, site), ...);
  }(std::index_sequence_for<Inputs...>());
  detail::letGo(chains);
  return out;
}

}  // namespace teasel
