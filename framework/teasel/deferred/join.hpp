#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <teasel/deferred/deferred.hpp>

/// Joins wait for several Deferreds at once. Results keep the order of the inputs.
///
/// From handles that are given as rvalues a join takes the results: later adds throw ResultTaken,
/// and errors count as handled. From lvalues it copies the results, which stay there: an error is
/// still unhandled, unless `consumeErrors` is set.
///
/// Cancelling a join that has not fired calls cancel() on every input, in their order. An input
/// without a result fails. An input that has reported already, and now waits for a Deferred that a
/// callback behind the join returned, has that Deferred cancelled. The join then gets what its
/// inputs give: a CancelledError, or what a canceller gives or throws. A join knows its inputs
/// weakly. It does not keep alive an input that nobody else holds. A join whose missing inputs are
/// all dead gets nothing more. When it is cancelled, it fails with CancelledError itself, and it
/// cancels no input.
namespace teasel {

/// Input `index` of a join was the first that failed.
class FirstError : public std::runtime_error {
 public:
  FirstError(Failure failure, std::size_t index)
      : std::runtime_error("input " + std::to_string(index) + " failed: " + failure.text()),
        failure_(std::move(failure)),
        index_(index) {}
  const Failure& failure() const noexcept { return failure_; }
  std::size_t index() const noexcept { return index_; }

 private:
  Failure failure_;
  std::size_t index_;
};

/// All inputs of a race, or of a deferredList that waits for one success, have failed. Holds their
/// Failures in the order of the inputs.
class FailureGroup : public std::runtime_error {
 public:
  explicit FailureGroup(std::vector<Failure> failures);
  const std::vector<Failure>& failures() const noexcept { return failures_; }

 private:
  std::vector<Failure> failures_;
};

/// The first success, and which input gave it.
template <class T>
struct First {
  First(std::size_t which, T given) : index(which), value(std::move(given)) {}
  std::size_t index;
  T value;
};
template <>
struct First<void> {
  explicit First(std::size_t which) noexcept : index(which) {}
  std::size_t index;
};

struct ListOptions {
  bool fireOnOneErrback = false;  ///< the first failure makes the list fail with FirstError
  bool consumeErrors = false;     ///< failures that stay on inputs are not reported as unhandled
};

struct GatherOptions {
  bool consumeErrors = false;  ///< as in ListOptions
};

/// Selects the deferredList that fires with the first success (Twisted: the flag of that name).
class FireOnOneCallback {
 public:
  enum class Tag : unsigned char { kTag };
  /// Takes an argument, so that `deferredList(inputs, {})` means ListOptions.
  explicit constexpr FireOnOneCallback(Tag) noexcept {}
};
inline constexpr FireOnOneCallback fireOnOneCallback{FireOnOneCallback::Tag::kTag};

namespace detail {
template <class T>
using Gathered = std::conditional_t<std::is_void_v<T>, void, std::vector<Stored<T>>>;
template <class T>
using InTuple = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <class Input>
concept JoinInput = kIsDeferred<std::remove_cvref_t<Input>>;
template <class... Inputs>
using GatheredTuple = Deferred<std::tuple<InTuple<typename std::remove_cvref_t<Inputs>::Value>...>>;
template <JoinInput... Inputs>
GatheredTuple<Inputs...> gatherAt(Site site, Inputs&&... inputs);
}  // namespace detail

/// Fires with all results when every input has one. Never fails unless fireOnOneErrback is set.
/// Results that come after it has fired are ignored. Without inputs it fires at once.
template <class T>
Deferred<std::vector<Result<T>>> deferredList(const std::vector<Deferred<T>>& inputs, ListOptions options = {},
                                              Site site = Site::here());
template <class T>
Deferred<std::vector<Result<T>>> deferredList(std::vector<Deferred<T>>&& inputs, ListOptions options = {},
                                              Site site = Site::here());
/// Fires with the first success. The other inputs are not cancelled. When all inputs fail, it fails
/// with FailureGroup. Without inputs it throws UsageError.
template <class T>
Deferred<First<T>> deferredList(const std::vector<Deferred<T>>& inputs, FireOnOneCallback, ListOptions options = {},
                                Site site = Site::here());
template <class T>
Deferred<First<T>> deferredList(std::vector<Deferred<T>>&& inputs, FireOnOneCallback, ListOptions options = {},
                                Site site = Site::here());

/// Fires with the values of all inputs, or with nothing for inputs of void. The first failure makes
/// it fail with FirstError; the other inputs are not cancelled.
template <class T>
Deferred<detail::Gathered<T>> gatherResults(const std::vector<Deferred<T>>& inputs, GatherOptions options = {},
                                            Site site = Site::here());
template <class T>
Deferred<detail::Gathered<T>> gatherResults(std::vector<Deferred<T>>&& inputs, GatherOptions options = {},
                                            Site site = Site::here());

/// gatherResults for inputs of different types. Fires with a tuple, in which std::monostate stands
/// for void.
///
///     auto [name, age] = co_await gather(lookupName(id), lookupAge(id));
template <detail::JoinInput A>
detail::GatheredTuple<A> gather(A&& a, Site site = Site::here()) {
  return detail::gatherAt(site, std::forward<A>(a));
}
template <detail::JoinInput A, detail::JoinInput B>
detail::GatheredTuple<A, B> gather(A&& a, B&& b, Site site = Site::here()) {
  return detail::gatherAt(site, std::forward<A>(a), std::forward<B>(b));
}
template <detail::JoinInput A, detail::JoinInput B, detail::JoinInput C>
detail::GatheredTuple<A, B, C> gather(A&& a, B&& b, C&& c, Site site = Site::here()) {
  return detail::gatherAt(site, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
}
template <detail::JoinInput A, detail::JoinInput B, detail::JoinInput C, detail::JoinInput D>
detail::GatheredTuple<A, B, C, D> gather(A&& a, B&& b, C&& c, D&& d, Site site = Site::here()) {
  return detail::gatherAt(site, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), std::forward<D>(d));
}
/// For more than four inputs the place of the call is not known: no parameter can follow a pack.
template <detail::JoinInput... Inputs>
  requires(sizeof...(Inputs) > 4)
detail::GatheredTuple<Inputs...> gather(Inputs&&... inputs) {
  return detail::gatherAt(Site{}, std::forward<Inputs>(inputs)...);
}

/// The first success wins: the other inputs are cancelled, as when the race is cancelled, and then
/// the race fires. When all inputs fail, it fails with FailureGroup. Failures of inputs are
/// consumed. Without inputs it throws UsageError.
template <class T>
Deferred<First<T>> race(const std::vector<Deferred<T>>& inputs, Site site = Site::here());
template <class T>
Deferred<First<T>> race(std::vector<Deferred<T>>&& inputs, Site site = Site::here());

}  // namespace teasel

#include <teasel/deferred/detail/join_impl.hpp>
