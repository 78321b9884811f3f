#pragma once

#include <teasel/deferred/deferred.hpp>

/// The longer functions of Deferred.
namespace teasel {

template <class T>
template <class F>
  requires(!std::is_convertible_v<F, Site> && (std::is_invocable_v<F&, Deferred<T>&> || std::is_invocable_v<F&>))
Deferred<T>::Deferred(F canceller, Site made) : chain_(nullptr) {
  struct Node final : detail::Canceller {
    explicit Node(F function) : detail::Canceller{&run, true}, call(std::move(function)) {}
    static void run(detail::Canceller* self, detail::Chain* chain) {
      Node* node = static_cast<Node*>(self);
      if (chain == nullptr) return detail::poolDelete(node);
      if constexpr (std::is_invocable_v<F&, Deferred&>) {
        chain->retain();
        Deferred handle(chain, 0);
        node->call(handle);
      } else {
        node->call();
      }
    }
    F call;
  };
  Node* node = detail::poolNew<Node>(std::move(canceller));
  chain_ = detail::Chain::make(made);
  chain_->setCanceller(node);
}

template <class T>
void Deferred<T>::errback(Failure failure, Site site) const {
  detail::Chain& chain = existing("errback", site);
  if (!failure) [[unlikely]]
    throw UsageError("errback at " + site.text() + ": the Failure has no error");
  if (!chain.beginFire("errback", site)) return;
  chain.putFailure(std::move(failure));
  chain.runIfAble();
}

template <class T>
Deferred<void> Deferred<T>::chainDeferred(const Deferred& other, Site site) {
  other.existing("chainDeferred", site);
  if (sameChain(other)) throw UsageError("chainDeferred at " + site.text() + ": a Deferred cannot fire itself");
  if (other.epoch_ != 0) other.chain_->requireStartType(typeid(T), site);
  if constexpr (std::is_void_v<T>) {
    return keep<detail::ForwardLink<T>>("chainDeferred", site, other.chain_, site);
  } else {
    return change<void, detail::ForwardLink<T>>("chainDeferred", site, other.chain_, site);
  }
}

template <class T>
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&, Result<T>&&, Duration>
Deferred<T>& Deferred<T>::addTimeout(Duration after, Clock& clock, F&& onTimeout, Site site) {
  using Answer = std::invoke_result_t<std::decay_t<F>&, Result<T>&&, Duration>;
  static_assert(std::is_void_v<Answer> ? std::is_void_v<T> : std::is_convertible_v<Answer, Result<T>>,
                "addTimeout: onTimeout must give the chain's type, a Failure or a Result");
  open("addTimeout", site);
  const auto timedOut = std::make_shared<bool>(false);
  DelayedCall timer = clock.callLater(
      after,
      [handle = *this, timedOut, site] {
        *timedOut = true;
        handle.cancel(site);
      },
      site);
  return addBoth(
      [timer, timedOut, after, call = std::decay_t<F>(std::forward<F>(onTimeout))](Result<T> result) mutable -> Result<T> {
        timer.cancelIfActive();
        if (!*timedOut) return result;
        if constexpr (std::is_void_v<Answer>) return call(std::move(result), after), Result<T>();
        else return call(std::move(result), after);
      },
      site);
}

template <class T>
std::string Deferred<T>::text() const {
  if (chain_ == nullptr) return "no Deferred";
  // While a callback waits, the value may be of another type than T.
  if (chain_->epoch() != epoch_ || !chain_->holdsBack() || chain_->state() != detail::ChainState::kValue) return chain_->text();
  return chain_->text(detail::shownValue<T>(chain_->template value<T>()));
}

template <class T>
Result<T> Deferred<T>::take(Site site) const {
  detail::Chain& chain = open("take", site);
  if (!chain.settled()) throw UsageError("take at " + site.text() + ": no result to take from a Deferred that is " + text());
  chain.claim(detail::Claim::kTaken, site);
  return detail::BothLink<T, detail::PassBy>::take(chain);
}

}  // namespace teasel
