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
/// A `Deferred<T>` is a handle and cheap to copy. All handles of a chain see one result and one
/// list of callbacks. Callbacks run synchronously: in callback(), errback(), cancel() or unpause(),
/// or, when the result is there already, in the call that adds them. They run in the order in which
/// they were added, one after the other and never inside one another. The next callback gets what a
/// callback returns. A Failure that is returned, or an exception that is thrown, sends the chain to
/// the next errback. A Deferred that is returned makes the chain wait for its result.
///
/// Adding a callback that gives T returns the same handle, by reference, so that
/// `d.addCallback(f);` is a whole statement. Adding one that gives U returns a new `Deferred<U>`.
/// The old handle is then no longer at the end of its chain: it still fires and cancels, but adding
/// through it throws StaleHandle. The same holds for a Deferred that a callback has returned. When
/// the result was taken (co_await, joins, take), adding throws ResultTaken.
///
/// A Failure that is still there when its chain dies is logged and reported to the Observer.
/// Handles and callbacks belong to one thread. A verdict (addPassThrough) that a callback throws
/// leaves through the call that made the callback run.
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

  /// An unfired Deferred without a canceller: cancel() gives CancelledError, and one late result is
  /// ignored.
  explicit Deferred(Site made = Site::here()) : chain_(detail::Chain::make(made)) {}
  /// With a canceller, which cancel() calls while the Deferred is unfired, as
  /// canceller(Deferred<T>&) or canceller(). It may fire the Deferred. If it does not, cancel()
  /// fails the Deferred with what the canceller throws, or else with CancelledError. The canceller
  /// should use its argument: a handle that it captured would keep its chain alive.
  template <class F>
    requires(!std::is_convertible_v<F, Site> && (std::is_invocable_v<F&, Deferred&> || std::is_invocable_v<F&>))
  explicit Deferred(F canceller, Site made = Site::here());
  /// No Deferred at all, to be assigned later. Every use throws UsageError.
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

  // --- Firing. Whoever promised the result calls one of these, once.

  /// Gives the result and runs the callbacks. A second time it throws AlreadyCalledError, which
  /// names both places and where the Deferred was made. One late result is ignored after cancel()
  /// of a Deferred without a canceller.
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
  /// With a Failure, callback is errback.
  void callback(Failure failure, Site site = Site::here()) const { errback(std::move(failure), site); }
  void errback(Failure failure, Site site = Site::here()) const;
  template <class E>
    requires std::derived_from<std::remove_cvref_t<E>, std::exception>
  void errback(E&& error, Site site = Site::here()) const {
    errback(Failure(std::forward<E>(error), site), site);
  }
  /// Inside a catch block: fails with the exception that is being handled.
  void errback(Site site = Site::here()) const { errback(detail::currentFailure(site), site); }

  // --- The chain. Callbacks take the value (T, T&&, const T&) or nothing. Errbacks take the
  // Failure or nothing.

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
  /// The errback gives a T, or fails again.
  template <class F>
    requires detail::TakesFailure<std::decay_t<F>> && std::same_as<detail::Behind<T, detail::FailureGives<std::decay_t<F>>>, T>
  Deferred& addErrback(F&& onFailure, Site site = Site::here()) {
    return keep<detail::PairLink<T, detail::PassBy, std::decay_t<F>>>("addErrback", site, detail::PassBy{},
                                                                      std::forward<F>(onFailure));
  }
  /// The errback handles the error and gives nothing. From here on the chain has no value. This is
  /// often the last link, so the new handle may be dropped.
  template <class F>
    requires detail::TakesFailure<std::decay_t<F>> && std::is_void_v<detail::FailureGives<std::decay_t<F>>> &&
             (!std::is_void_v<T>)
  Deferred<void> addErrback(F&& onFailure, Site site = Site::here()) {
    return change<void, detail::PairLink<T, detail::Forget, std::decay_t<F>>>("addErrback", site, detail::Forget{},
                                                                              std::forward<F>(onFailure));
  }
  /// Handles only failures of the types that are named (Twisted: trap). Other failures go on
  /// unchanged. onError takes a const E& for each of the types, or the Failure, or nothing. It
  /// gives a T, or fails.
  ///
  ///     lookup(name).addErrback<DNSLookupError>([](const auto&) { return localhost(); });
  ///     fetch(page).addErrback<TimeoutError, ConnectionLost>([](const auto&) { return retry(); });
  template <class E, class... More, class F>
    requires detail::TakesError<std::decay_t<F>, E> && (... && detail::TakesError<std::decay_t<F>, More>)
  decltype(auto) addErrback(F&& onError, Site site = Site::here()) {
    return addErrback(detail::Trap<std::decay_t<F>, E, More...>(std::forward<F>(onError)), site);
  }
  /// Adds both as one link: the errback does not see failures of the callback. Both must give the
  /// same type, or fail.
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
  /// Adds one callback for values and failures. It gets a Result<T>.
  template <class F>
    requires detail::TakesResult<std::decay_t<F>, T> && std::same_as<BothBy<std::decay_t<F>>, T>
  Deferred& addBoth(F&& onResult, Site site = Site::here()) {
    return keep<detail::BothLink<T, std::decay_t<F>>>("addBoth", site, std::forward<F>(onResult));
  }
  /// The callback gives nothing. From here on the chain has no value. This is often the last link,
  /// so the new handle may be dropped.
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

  /// Calls look(const T&) or look() with the value and leaves the value in the chain. When it
  /// throws, the chain fails.
  template <class F>
  Deferred& tap(F&& look, Site site = Site::here()) {
    static_assert(detail::LooksAt<std::decay_t<F>, T>, "tap: it must take a const T& of the chain's type, or nothing");
    return addTap<detail::kOnValue>("tap", std::forward<F>(look), site);
  }
  /// Calls look(const Failure&) or look() with the Failure, which goes on: this does not handle it.
  template <class F>
  Deferred& tapErrback(F&& look, Site site = Site::here()) {
    static_assert(detail::LooksAt<std::decay_t<F>, Failure>, "tapErrback: it must take a const Failure&, or nothing");
    return addTap<detail::kOnFailure>("tapErrback", std::forward<F>(look), site);
  }
  /// Calls look() when there is a value or a Failure (Python: finally).
  template <class F>
  Deferred& tapBoth(F&& look, Site site = Site::here()) {
    static_assert(std::is_invocable_v<std::decay_t<F>&>, "tapBoth: it is called without argument; addBoth gets the Result");
    return addTap<detail::kOnBoth>("tapBoth", std::forward<F>(look), site);
  }

  /// Fires `other` with the result of this chain. This chain goes on without a value. Cancelling
  /// `other` does not cancel this one.
  Deferred<void> chainDeferred(const Deferred& other, Site site = Site::here());

  /// Cancels this Deferred if it has no result `after` from now. A CancelledError that this causes
  /// becomes TimeoutError; what a canceller gave or threw instead stays. The time covers the
  /// callbacks that were added before, not those that are added later. `clock` must outlive the
  /// wait.
  Deferred& addTimeout(Duration after, Clock& clock, Site site = Site::here()) {
    return addTimeout(after, clock, detail::TimeoutFailure{site}, site);
  }
  /// The same. After a timeout, `onTimeout(Result<T>, Duration)` says what the result becomes.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&, Result<T>&&, Duration>
  Deferred& addTimeout(Duration after, Clock& clock, F&& onTimeout, Site site = Site::here());

  // --- What does not fit. The compiler chooses these overloads when no other one fits. They only
  // say what would fit.

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

  /// An unfired Deferred: calls the canceller, or fails with CancelledError. One that waits for a
  /// Deferred that a callback returned: cancels that one. Any other: does nothing. An exception of
  /// the canceller never leaves this call. It becomes the Failure of the Deferred, and one late
  /// result is then ignored, as without a canceller. When the canceller had fired the Deferred
  /// before it threw, the exception is logged.
  void cancel(Site site = Site::here()) const { existing("cancel", site).cancel(site); }
  /// No callback runs until unpause() was called as often as pause(). Inside a callback, the next
  /// one waits.
  void pause(Site site = Site::here()) const { existing("pause", site).pause(); }
  /// Throws UsageError when the Deferred is not paused.
  void unpause(Site site = Site::here()) const { existing("unpause", site).unpause(site); }

  // --- Questions.

  explicit operator bool() const noexcept { return chain_ != nullptr; }
  /// Whether callback, errback or cancel gave a result, wherever that result is by now.
  bool called() const noexcept { return chain_ != nullptr && chain_->called(); }
  /// Whether the result of the whole chain, up to this handle, is there, so that take() would
  /// succeed. False while the Deferred is paused.
  bool hasResult() const noexcept { return chain_ != nullptr && chain_->epoch() == epoch_ && chain_->settled(); }
  bool paused() const noexcept { return chain_ != nullptr && chain_->pauses() != 0; }
  /// Whether it waits for a Deferred that a callback returned.
  bool waiting() const noexcept { return chain_ != nullptr && chain_->state() == detail::ChainState::kWaiting; }
  /// The Failure, if hasResult() and it is one; else null. The pointer is good until something is
  /// added or taken.
  const Failure* failure() const noexcept {
    return hasResult() && chain_->state() == detail::ChainState::kFailure ? &chain_->failure() : nullptr;
  }
  /// The value, if hasResult() and it is one; else null. The pointer is good until something is
  /// added or taken.
  const detail::Stored<T>* value() const noexcept
    requires(!std::is_void_v<T>)
  {
    return hasResult() && chain_->state() == detail::ChainState::kValue ? &chain_->template value<T>() : nullptr;
  }
  /// Takes the result out. Later adds throw ResultTaken; a Failure counts as handled. Without a
  /// result it throws UsageError, which contains text().
  Result<T> take(Site site = Site::here()) const;
  /// The state for people: "unfired, made at x.cpp:7", "waiting for the Deferred made at ...", "has
  /// failed with ..." and so on. For a paused Deferred it says what the Deferred holds, which
  /// hasResult(), value() and failure() do not show.
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

  // Mutable: a coroutine that waits gives up the reference of a handle in its frame.
  mutable detail::Chain* chain_;
  std::uint32_t epoch_ = 0;
};

}  // namespace teasel

#include <teasel/deferred/detail/deferred_impl.hpp>
#include <teasel/deferred/start.hpp>
