#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/deferred/detail/links.hpp>
#include <teasel/deferred/errors.hpp>
#include <teasel/deferred/result.hpp>

namespace teasel {

/// A result that is not there yet, and the chain of callbacks that waits for it
/// (twisted.internet.defer.Deferred).
///
/// A Deferred<T> is a handle, cheap to copy: all handles of a chain see one result and one list of
/// callbacks. Callbacks run synchronously - in callback(), errback(), cancel(), unpause(), or in
/// the call that adds them when the result is there already -, in the order in which they were
/// added, one after the other and never inside one another. What a callback returns is what the
/// next one gets; a Failure returned or an exception thrown sends the chain to the next errback; a
/// Deferred returned makes the chain wait for its result.
///
/// A callback that gives T returns the same handle, by reference, so that `d.addCallback(f);`
/// stands alone. One that gives U returns a new Deferred<U>, and the old handle stands no longer at
/// the end of its chain: it still fires and cancels, but adding through it throws StaleHandle. A
/// Deferred returned from a callback is given away in the same manner; one whose result was taken
/// (co_await, joins, take) throws ResultTaken.
///
/// A Failure that is still there when its chain dies is logged and reported to the Observer.
/// Handles and callbacks belong to one thread. Verdict exceptions (addPassThrough) thrown in a
/// callback leave through whoever made it run.
template <class T>
class Deferred {
  static_assert(!std::is_reference_v<T> && !std::is_const_v<T>, "a Deferred carries plain values");
  static_assert(!detail::kIsDeferred<T> && !detail::kIsResult<T> && !std::is_same_v<T, Failure>,
                "return a Deferred, Result or Failure from a callback; a chain carries what is inside");
  template <class F>
  static constexpr bool kKeeps = std::is_same_v<detail::Behind<T, detail::ValueGives<F, T>>, T>;
  template <class F>
  using NextBy = detail::Behind<T, detail::ValueGives<F, T>>;
  template <class F>
  using BothBy = detail::Behind<T, detail::ResultGives<F, T>>;

 public:
  using Value = T;

  /// An unfired Deferred. It has no canceller: cancel() gives CancelledError and swallows one late
  /// result.
  explicit Deferred(Site made = Site::here()) : chain_(detail::Chain::make(made)) {}
  /// With a canceller: called by cancel() while unfired, as canceller(Deferred<T>&) or canceller().
  /// It may fire the Deferred; else cancel() does, with CancelledError. Let it use its argument: a
  /// captured handle would keep its chain alive.
  template <class F>
    requires(!std::is_convertible_v<F, Site> && (std::is_invocable_v<F&, Deferred&> || std::is_invocable_v<F&>))
  explicit Deferred(F canceller, Site made = Site::here());
  /// No Deferred at all, to be assigned later; every use throws UsageError.
  Deferred(std::nullptr_t) noexcept : chain_(nullptr) {}
  Deferred(const Deferred& other) noexcept : chain_(other.chain_), epoch_(other.epoch_) {
    if (chain_ != nullptr) chain_->retain();
  }
  Deferred(Deferred&& other) noexcept : chain_(std::exchange(other.chain_, nullptr)), epoch_(other.epoch_) {}
  Deferred& operator=(Deferred other) noexcept {
    std::swap(chain_, other.chain_);
    std::swap(epoch_, other.epoch_);
    return *this;
  }
  ~Deferred() {
    if (chain_ != nullptr) chain_->release();
  }

  // --- Firing: once, by whoever promised the result.

  /// Gives the result and runs the callbacks. Fired again: AlreadyCalled, which names both places
  /// and where it was made; except for the one late result that is swallowed after cancel() without
  /// canceller.
  template <class V = detail::Stored<T>>
    requires(!std::is_void_v<T> && std::is_convertible_v<V, T> && !std::is_same_v<std::remove_cvref_t<V>, Failure> &&
             !detail::kIsDeferred<std::remove_cvref_t<V>>)
  void callback(V&& value, Site site = Site::here()) const {
    detail::Chain& chain = firing(site);
    if (!chain.beginFire("callback", site)) return;
    chain.template put<T>(std::forward<V>(value));
    chain.runIfAble();
  }
  void callback(Site site = Site::here()) const
    requires std::is_void_v<T>
  {
    detail::Chain& chain = firing(site);
    if (!chain.beginFire("callback", site)) return;
    chain.template put<void>(detail::Unit{});
    chain.runIfAble();
  }
  /// A Failure given to callback is an errback.
  void callback(Failure failure, Site site = Site::here()) const { errback(std::move(failure), site); }
  void errback(Failure failure, Site site = Site::here()) const;
  template <class E>
    requires std::derived_from<std::remove_cvref_t<E>, std::exception>
  void errback(E&& error, Site site = Site::here()) const {
    errback(Failure(std::forward<E>(error), site), site);
  }
  /// Inside a catch block: with the exception being handled.
  void errback(Site site = Site::here()) const { errback(detail::currentFailure(site), site); }

  // --- The chain. Callbacks take the value (T, T&&, const T&) or nothing; errbacks the Failure or
  // nothing.

  template <class F>
    requires detail::TakesValue<std::decay_t<F>, T> && (kKeeps<std::decay_t<F>>)
  Deferred& addCallback(F&& onValue, Site site = Site::here()) {
    return keep<detail::PairLink<T, std::decay_t<F>, detail::PassBy>>("addCallback", site, std::forward<F>(onValue),
                                                                      detail::PassBy{});
  }
  template <class F>
    requires detail::TakesValue<std::decay_t<F>, T> && (!kKeeps<std::decay_t<F>>)
  [[nodiscard]] auto addCallback(F&& onValue, Site site = Site::here()) {
    return change<NextBy<std::decay_t<F>>, detail::PairLink<T, std::decay_t<F>, detail::PassBy>>(
        "addCallback", site, std::forward<F>(onValue), detail::PassBy{});
  }
  /// The errback gives a T (or fails again).
  template <class F>
    requires detail::TakesFailure<std::decay_t<F>> && std::same_as<detail::Behind<T, detail::FailureGives<std::decay_t<F>>>, T>
  Deferred& addErrback(F&& onFailure, Site site = Site::here()) {
    return keep<detail::PairLink<T, detail::PassBy, std::decay_t<F>>>("addErrback", site, detail::PassBy{},
                                                                      std::forward<F>(onFailure));
  }
  /// The errback handles the error and gives nothing: neither does the chain from here on. Often
  /// the last link.
  template <class F>
    requires detail::TakesFailure<std::decay_t<F>> && std::is_void_v<detail::FailureGives<std::decay_t<F>>> &&
             (!std::is_void_v<T>)
  Deferred<void> addErrback(F&& onFailure, Site site = Site::here()) {
    return change<void, detail::PairLink<T, detail::Forget, std::decay_t<F>>>("addErrback", site, detail::Forget{},
                                                                              std::forward<F>(onFailure));
  }
  /// Handles only failures of the types that are named (Twisted: trap); others go on, as the same
  /// Failure. onError gets the error as a const E&, of each of the types, or else the Failure, or
  /// nothing. It gives a T, or fails.
  ///
  ///     lookup(name).addErrback<DNSLookupError>([](const DNSLookupError&) { return Address("localhost"); });
  ///     fetch(page).addErrback<TimeoutError, ConnectionLost>([](const std::exception& error) { return retry(); });
  template <class E, class... More, class F>
    requires detail::TakesError<std::decay_t<F>, E> && (... && detail::TakesError<std::decay_t<F>, More>)
  decltype(auto) addErrback(F&& onError, Site site = Site::here()) {
    return addErrback(detail::Trap<std::decay_t<F>, E, More...>(std::forward<F>(onError)), site);
  }
  /// Both at once; the errback does not see failures of the callback. Both must give the same type,
  /// or fail.
  template <class F, class G>
    requires detail::TakesValue<std::decay_t<F>, T> && detail::TakesFailure<std::decay_t<G>>
  decltype(auto) addCallbacks(F&& onValue, G&& onFailure, Site site = Site::here()) {
    using FromValue = detail::ValueGives<std::decay_t<F>, T>;
    using FromFailure = detail::FailureGives<std::decay_t<G>>;
    using Next = detail::Behind<detail::Behind<T, FromFailure>, FromValue>;
    static_assert(std::is_same_v<detail::Behind<Next, FromFailure>, Next>,
                  "addCallbacks: callback and errback must give the same type (or return Failure)");
    using Node = detail::PairLink<T, std::decay_t<F>, std::decay_t<G>>;
    if constexpr (std::is_same_v<Next, T>)
      return keep<Node>("addCallbacks", site, std::forward<F>(onValue), std::forward<G>(onFailure));
    else return change<Next, Node>("addCallbacks", site, std::forward<F>(onValue), std::forward<G>(onFailure));
  }
  /// One callback for both, which gets a Result<T>.
  template <class F>
    requires detail::TakesResult<std::decay_t<F>, T> && std::same_as<BothBy<std::decay_t<F>>, T>
  Deferred& addBoth(F&& onResult, Site site = Site::here()) {
    return keep<detail::BothLink<T, std::decay_t<F>>>("addBoth", site, std::forward<F>(onResult));
  }
  /// It gives nothing: neither does the chain from here on. Often the last link.
  template <class F>
    requires detail::TakesResult<std::decay_t<F>, T> && std::is_void_v<BothBy<std::decay_t<F>>> && (!std::is_void_v<T>)
  Deferred<void> addBoth(F&& onResult, Site site = Site::here()) {
    return change<void, detail::BothLink<T, std::decay_t<F>>>("addBoth", site, std::forward<F>(onResult));
  }
  template <class F>
    requires detail::TakesResult<std::decay_t<F>, T> && (!std::is_void_v<BothBy<std::decay_t<F>>>) &&
             (!std::same_as<BothBy<std::decay_t<F>>, T>)
  [[nodiscard]] auto addBoth(F&& onResult, Site site = Site::here()) {
    return change<BothBy<std::decay_t<F>>, detail::BothLink<T, std::decay_t<F>>>("addBoth", site, std::forward<F>(onResult));
  }

  /// Looks at the value - look(const T&) or look() - and leaves it in the chain, whose type stays.
  /// Throwing makes it fail.
  template <class F>
  Deferred& tap(F&& look, Site site = Site::here()) {
    static_assert(detail::LooksAt<std::decay_t<F>, T>, "tap: it must take a const T& of the chain's type, or nothing");
    return addTap<detail::kOnValue>("tap", std::forward<F>(look), site);
  }
  /// Looks at the Failure, which goes on: it is not handled by that.
  template <class F>
  Deferred& tapErrback(F&& look, Site site = Site::here()) {
    static_assert(detail::LooksAt<std::decay_t<F>, Failure>, "tapErrback: it must take a const Failure&, or nothing");
    return addTap<detail::kOnFailure>("tapErrback", std::forward<F>(look), site);
  }
  /// Runs look() on value and Failure alike ("finally").
  template <class F>
  Deferred& tapBoth(F&& look, Site site = Site::here()) {
    static_assert(std::is_invocable_v<std::decay_t<F>&>, "tapBoth: it is called without argument; addBoth gets the Result");
    return addTap<detail::kOnBoth>("tapBoth", std::forward<F>(look), site);
  }

  /// Fires `other` with the result of this chain, which continues without value. Cancelling `other`
  /// does not reach this one.
  Deferred<void> chainDeferred(const Deferred& other, Site site = Site::here());

  /// Cancels this Deferred if it has no result `after` from now. A CancelledError that comes of it
  /// becomes TimeoutError; what a canceller gave instead stays. Covers the callbacks added before,
  /// not those added later. `clock` must live on.
  Deferred& addTimeout(Duration after, Clock& clock, Site site = Site::here()) {
    return addTimeout(after, clock, detail::TimeoutFailure{site}, site);
  }
  /// The same, with `onTimeout(Result<T>, Duration)` saying what becomes of the result after a
  /// timeout.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&, Result<T>&&, Duration>
  Deferred& addTimeout(Duration after, Clock& clock, F&& onTimeout, Site site = Site::here());

  // --- What does not fit. Chosen where nothing else is; all they do is to say, when compiled, what
  // would fit.

  template <class V>
    requires(!detail::GivesResult<std::remove_cvref_t<V>, T> && !std::is_same_v<std::remove_cvref_t<V>, Site>)
  void callback(V&&, Site = {}) const {
    static_assert(detail::kAlwaysFalse<V>,
                  "callback: it must get a value of the Deferred's type, or a Failure; a Deferred is "
                  "returned from a callback, or fires this one by chainDeferred");
  }
  template <class F>
    requires(!detail::TakesValue<std::decay_t<F>, T>)
  Deferred& addCallback(F&&, Site = {}) {
    static_assert(detail::kAlwaysFalse<F>, "addCallback: the callback must take a value of the chain's type, or nothing");
    return *this;
  }
  template <class F>
    requires(!detail::HandlesFailure<std::decay_t<F>, T>)
  Deferred& addErrback(F&&, Site = {}) {
    static_assert(detail::kAlwaysFalse<F>,
                  "addErrback: the errback must take a Failure or nothing, and give a value of the chain's "
                  "type, a Failure, or nothing; addCallbacks and addBoth may change the type");
    return *this;
  }
  template <class E, class... More, class F>
    requires(!detail::TakesError<std::decay_t<F>, E> || (... || !detail::TakesError<std::decay_t<F>, More>))
  Deferred& addErrback(F&&, Site = {}) {
    static_assert(detail::kAlwaysFalse<F>, "addErrback<E...>: the errback must take a const E& of each, a Failure, or nothing");
    return *this;
  }
  template <class F, class G>
    requires(!detail::TakesValue<std::decay_t<F>, T> || !detail::TakesFailure<std::decay_t<G>>)
  Deferred& addCallbacks(F&&, G&&, Site = {}) {
    static_assert(detail::kAlwaysFalse<F>,
                  "addCallbacks: the first must take a value of the chain's type or nothing, the second a "
                  "Failure or nothing");
    return *this;
  }
  template <class F>
    requires(!detail::TakesResult<std::decay_t<F>, T>)
  Deferred& addBoth(F&&, Site = {}) {
    static_assert(detail::kAlwaysFalse<F>, "addBoth: it must take a Result of the chain's type; tapBoth takes nothing");
    return *this;
  }

  // --- Control: through any handle, stale ones included.

  /// Unfired: calls the canceller, or fails with CancelledError. Waiting for a Deferred that a
  /// callback returned: cancels that one. Otherwise nothing. What the canceller throws leaves from
  /// here, and the Deferred stays unfired.
  void cancel(Site site = Site::here()) const { existing("cancel", site).cancel(site); }
  /// No callback runs until unpause() was called as often. In a callback: the next one waits.
  void pause(Site site = Site::here()) const { existing("pause", site).pause(); }
  /// Throws UsageError when it is not paused.
  void unpause(Site site = Site::here()) const { existing("unpause", site).unpause(site); }

  // --- Looking on.

  explicit operator bool() const noexcept { return chain_ != nullptr; }
  /// Whether callback, errback or cancel gave a result, wherever that is by now.
  bool called() const noexcept { return chain_ != nullptr && chain_->called(); }
  /// Whether the result of the whole chain, as far as this handle knows it, is there: take() would
  /// succeed.
  bool hasResult() const noexcept { return chain_ != nullptr && chain_->epoch() == epoch_ && chain_->settled(); }
  bool paused() const noexcept { return chain_ != nullptr && chain_->pauses() != 0; }
  /// Whether it waits for a Deferred that a callback returned.
  bool waiting() const noexcept { return chain_ != nullptr && chain_->state() == detail::ChainState::kWaiting; }
  /// The Failure that hasResult() speaks of; null when there is none. Borrowed until something is
  /// added.
  const Failure* failure() const noexcept {
    return hasResult() && chain_->state() == detail::ChainState::kFailure ? &chain_->failure() : nullptr;
  }
  /// The value that hasResult() speaks of; null when there is none. Borrowed until something is
  /// added or taken.
  const detail::Stored<T>* value() const noexcept
    requires(!std::is_void_v<T>)
  {
    return hasResult() && chain_->state() == detail::ChainState::kValue ? &chain_->template value<T>() : nullptr;
  }
  /// Takes the result out: later adds throw ResultTaken, a Failure counts as handled. Without
  /// result: UsageError with text().
  Result<T> take(Site site = Site::here()) const;
  /// "unfired, made at x.cpp:7", "waiting for the Deferred made at ...", "has failed with ..." and
  /// so on. What a paused one holds is told as well: hasResult(), value() and failure() do not show
  /// it.
  std::string text() const;
  Site made() const noexcept { return chain_ == nullptr ? Site{} : chain_->made(); }
  /// Whether both are handles of one chain.
  template <class U>
  bool sameChain(const Deferred<U>& other) const noexcept {
    return chain_ == detail::Access::chain(other);
  }

 private:
  friend struct detail::Access;
  template <class U>
  friend class Deferred;
  Deferred(detail::Chain* chain, std::uint32_t epoch) noexcept : chain_(chain), epoch_(epoch) {}

  detail::Chain& existing(const char* what, Site site) const {
    if (chain_ == nullptr) [[unlikely]]
      detail::Chain::refuseAdd(nullptr, what, site);
    return *chain_;
  }
  detail::Chain& open(const char* what, Site site) const {
    if (chain_ == nullptr || chain_->epoch() != epoch_) [[unlikely]]
      detail::Chain::refuseAdd(chain_, what, site);
    return *chain_;
  }
  detail::Chain& firing(Site site) const {
    detail::Chain& chain = existing("callback", site);
    if (epoch_ != 0) [[unlikely]]
      chain.requireStartType(typeid(T), site);
    return chain;
  }
  template <class Node, class... Args>
  Deferred& keep(const char* what, Site site, Args&&... args) {
    detail::Chain& chain = open(what, site);
    chain.add(detail::poolNew<Node>(std::forward<Args>(args)...));
    return *this;
  }
  template <class U, class Node, class... Args>
  Deferred<U> change(const char* what, Site site, Args&&... args) {
    detail::Chain& chain = open(what, site);
    detail::Link* node = detail::poolNew<Node>(std::forward<Args>(args)...);
    chain.retain();
    Deferred<U> next(&chain, chain.retype(typeid(T), site));
    chain.add(node);
    return next;
  }
  template <std::uint8_t kHandles, class F>
  Deferred& addTap(const char* what, F&& look, Site site) {
    using Node = detail::TapLink<T, std::decay_t<F>, kHandles>;
    return keep<Node>(what, site, std::forward<F>(look));
  }

  // mutable: a waiting coroutine gives up the reference of a handle in its frame
  mutable detail::Chain* chain_;
  std::uint32_t epoch_ = 0;
};

}  // namespace teasel

#include <teasel/deferred/detail/deferred_impl.hpp>
#include <teasel/deferred/start.hpp>
