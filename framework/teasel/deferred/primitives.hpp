#pragma once

#include <cstddef>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <string>

#include <teasel/deferred/deferred.hpp>

/// With these, coroutines and chains that share something wait for one another.
namespace teasel {

/// put() has found the queue full.
class QueueOverflow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// get() has found as many getters waiting as may wait.
class QueueUnderflow : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// Those who wait for something, first come first served. A waiter that is cancelled leaves the
/// list, wherever it stands.
template <class T>
class Waiters {
 public:
  Deferred<T> add(Site site) {
    const auto at = list_->emplace(list_->end(), nullptr);
    *at = Deferred<T>(
        [list = std::weak_ptr<List>(list_), at] {
          if (const auto alive = list.lock()) alive->erase(at);
        },
        site);
    return *at;
  }
  /// Takes the first one off the list, to be fired.
  Deferred<T> take() {
    Deferred<T> first = std::move(list_->front());
    list_->pop_front();
    return first;
  }
  bool empty() const noexcept { return list_->empty(); }
  std::size_t size() const noexcept { return list_->size(); }

 private:
  using List = std::list<Deferred<T>>;
  std::shared_ptr<List> list_ = std::make_shared<List>();
};

/// Tokens and those who wait for one, first come first served. It is held by a shared_ptr; what
/// outlives the primitive holds it weakly and finds it gone.
class Tokens : public std::enable_shared_from_this<Tokens> {
 public:
  Tokens(const char* name, std::size_t limit, Site made);
  Deferred<void> acquire(Site site);
  void release(Site site);
  std::size_t free() const noexcept { return free_; }
  std::size_t limit() const noexcept { return limit_; }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  const char* name_;
  std::size_t limit_, free_;
  Site made_, released_;
  Waiters<void> waiting_;
  bool handingOver_ = false;
};

/// Gives a token back, at the latest when this object dies. So the chain of a `run` gives its token
/// back even when it dies without a result.
class TokenHeld {
 public:
  TokenHeld(const std::shared_ptr<Tokens>& tokens, Site site) : tokens_(tokens), site_(site) {}
  TokenHeld(TokenHeld&& other) noexcept : tokens_(std::move(other.tokens_)), site_(other.site_) { other.tokens_.reset(); }
  TokenHeld& operator=(TokenHeld&&) = delete;
  ~TokenHeld() { giveBack(); }
  void operator()() { giveBack(); }

 private:
  void giveBack() {
    const std::shared_ptr<Tokens> tokens = std::exchange(tokens_, {}).lock();
    if (tokens != nullptr) tokens->release(site_);
  }
  std::weak_ptr<Tokens> tokens_;
  Site site_;
};

template <class F>
auto runHolding(const std::shared_ptr<Tokens>& tokens, F&& function, Site site) {
  using Made = DeferredBy<std::decay_t<F>&>;
  Deferred<void> acquired = tokens->acquire(site);
  return Made(acquired.addCallback(
      [held = std::weak_ptr<Tokens>(tokens), call = std::decay_t<F>(std::forward<F>(function)), site]() mutable -> Made {
        const std::shared_ptr<Tokens> alive = held.lock();
        if (alive == nullptr) return maybeDeferred(call);
        TokenHeld token(alive, site);
        Made made = maybeDeferred(call);
        made.tapBoth(std::move(token));
        return made;
      },
      site));
}

}  // namespace detail

/// A lock that one has at a time. Waiters get it in the order in which they asked. A waiter that is
/// cancelled leaves the queue. When the lock dies, the Deferreds of those who wait stay unfired.
class DeferredLock {
 public:
  explicit DeferredLock(Site made = Site::here()) : tokens_(std::make_shared<detail::Tokens>("DeferredLock", 1, made)) {}
  DeferredLock(const DeferredLock&) = delete;
  DeferredLock& operator=(const DeferredLock&) = delete;

  /// Fires when the caller has the lock. The caller must release it.
  [[nodiscard]] Deferred<void> acquire(Site site = Site::here()) { return tokens_->acquire(site); }
  /// Hands the lock to the next waiter, whose callbacks run before this returns. When a callback
  /// that a release runs calls this, they run after that callback. Throws UsageError when the lock
  /// is free.
  void release(Site site = Site::here()) { tokens_->release(site); }
  bool locked() const noexcept { return tokens_->free() == 0; }
  std::size_t waiting() const noexcept { return tokens_->waiting(); }
  /// Acquires the lock, calls function(), and releases the lock when what function gave has a
  /// result (a failure is one, too) or can get none any more.
  template <class F>
  [[nodiscard]] auto run(F&& function, Site site = Site::here()) {
    return detail::runHolding(tokens_, std::forward<F>(function), site);
  }

 private:
  std::shared_ptr<detail::Tokens> tokens_;
};

/// The same for several at a time: as many as there are tokens.
class DeferredSemaphore {
 public:
  /// Throws UsageError for 0 tokens.
  explicit DeferredSemaphore(std::size_t tokens, Site made = Site::here())
      : tokens_(std::make_shared<detail::Tokens>("DeferredSemaphore", tokens, made)) {}
  DeferredSemaphore(const DeferredSemaphore&) = delete;
  DeferredSemaphore& operator=(const DeferredSemaphore&) = delete;
  [[nodiscard]] Deferred<void> acquire(Site site = Site::here()) { return tokens_->acquire(site); }
  /// As DeferredLock::release. Throws UsageError when it is called more often than acquire.
  void release(Site site = Site::here()) { tokens_->release(site); }
  std::size_t tokens() const noexcept { return tokens_->free(); }
  std::size_t limit() const noexcept { return tokens_->limit(); }
  std::size_t waiting() const noexcept { return tokens_->waiting(); }
  template <class F>
  [[nodiscard]] auto run(F&& function, Site site = Site::here()) {
    return detail::runHolding(tokens_, std::forward<F>(function), site);
  }

 private:
  std::shared_ptr<detail::Tokens> tokens_;
};

/// A queue of objects between those who put and those who get, first in first out.
template <class T>
class DeferredQueue {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  /// Holds at most `size` objects, and at most `backlog` getters that wait.
  explicit DeferredQueue(std::size_t size = kUnlimited, std::size_t backlog = kUnlimited, Site made = Site::here())
      : size_(size), backlog_(backlog), made_(made) {}
  DeferredQueue(const DeferredQueue&) = delete;
  DeferredQueue& operator=(const DeferredQueue&) = delete;

  /// Hands `object` to the getter that has waited longest, or keeps it. Throws QueueOverflow when
  /// the queue is full.
  void put(T object, Site site = Site::here()) {
    if (!waiting_.empty()) {
      const Deferred<T> next = waiting_.take();
      next.callback(std::move(object), site);
    } else if (pending_.size() < size_) {
      pending_.push_back(std::move(object));
    } else {
      throw QueueOverflow("put at " + site.text() + ": the DeferredQueue made at " + made_.text() + " is full, its size is " +
                          std::to_string(size_));
    }
  }
  /// Fires with the oldest object, now or as soon as there is one. Throws QueueUnderflow when too
  /// many wait. A getter that is cancelled leaves the queue.
  [[nodiscard]] Deferred<T> get(Site site = Site::here()) {
    if (!pending_.empty()) {
      T object = std::move(pending_.front());
      pending_.pop_front();
      return succeed(std::move(object), site);
    }
    if (waiting_.size() >= backlog_) {
      throw QueueUnderflow("get at " + site.text() + ": the DeferredQueue made at " + made_.text() +
                           " has its limit of waiting getters already: " + std::to_string(backlog_));
    }
    return waiting_.add(site);
  }
  std::size_t pending() const noexcept { return pending_.size(); }
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  std::deque<T> pending_;
  detail::Waiters<T> waiting_;
  std::size_t size_, backlog_;
  Site made_;
};

}  // namespace teasel
