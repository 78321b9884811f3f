#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <teasel/core/detail/pool.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/site.hpp>

/// The untyped half of Deferred: one chain of callbacks with its result. The handles know the
/// types: the handle at the end of a chain knows which type arrives there.
namespace teasel::detail {

class Chain;

/// A reference to a chain that does not keep the chain alive. It is null once the chain is dead.
class WeakChain {
 public:
  WeakChain() noexcept = default;
  WeakChain(const WeakChain&) = delete;
  WeakChain& operator=(const WeakChain&) = delete;
  ~WeakChain() { reset(); }
  /// Refers to `chain` from now on. The reference must be null before.
  void set(Chain& chain) noexcept;
  void reset() noexcept {
    if (chain_ == nullptr) return;
    *pointer_ = next_;
    if (next_ != nullptr) next_->pointer_ = pointer_;
    chain_ = nullptr;
  }
  Chain* get() const noexcept { return chain_; }

 private:
  Chain* chain_ = nullptr;
  // All references to one chain form a list, which begins in the chain.
  WeakChain* next_ = nullptr;
  WeakChain** pointer_ = nullptr;  // what points to this object
};

inline constexpr std::uint8_t kOnValue = 1, kOnFailure = 2, kOnBoth = 3;

/// One callback. `act` consumes the node: with a chain it runs the callback, without one it only
/// destroys the node. It may return a chain, with a reference, to which it has given a result; that
/// chain runs next, before the rest of this one.
struct Link {
  using Act = Chain* (*)(Link*, Chain*);
  Act act;
  Link* next;
  std::uint8_t handles;  // the kinds of result that it runs on
};

/// What cancel() calls. With a chain, `act` cancels; without one it destroys the node.
struct Canceller {
  using Act = void (*)(Canceller*, Chain*);
  Act act;
  // Whether cancel() gives CancelledError when `act` gave nothing. Joins wait for their inputs
  // instead, as long as an input can still report.
  bool fires;
};

struct Unit {};
template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, Unit, T>;

/// How a value in a chain is moved and destroyed. Values that can be copied as bytes have none.
struct ValueOps {
  void (*destroy)(void*) noexcept;
  void (*move)(void* to, void* from) noexcept;
};

enum class ChainState : std::uint8_t {
  kUnfired,
  kValue,
  kFailure,
  kWaiting,  // for the result of a Deferred that a callback returned
  kEmpty,    // the result is with a running callback, or was taken, or went to another chain
};
enum class Claim : std::uint8_t { kOpen, kRetyped, kTaken, kGiven };

class Chain {
 public:
  static Chain* make(Site made);
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  void retain() noexcept { ++refs_; }
  void release() noexcept {
    if (--refs_ == 0) die();
  }

  // Firing. beginFire returns false for the one late result that is ignored. It throws
  // AlreadyCalledError.
  bool beginFire(const char* call, Site site) {
    if (called_ || driven_) [[unlikely]]
      return refuseFire(call, site);
    markFired(site);
    return true;
  }
  void markFired(Site site) noexcept {
    called_ = true;
    firedAt_ = site;
    if (canceller_ != nullptr) dropCanceller();
  }
  /// Throws UsageError unless `type` is the type that callback() takes. Handles of other types may
  /// exist once a callback has changed the type.
  void requireStartType(const std::type_info& type, Site site) const;

  template <class T, class V>
  void put(V&& value);
  void putFailure(Failure failure) noexcept {
    clear();
    quiet_ = false;
    ::new (static_cast<void*>(value_)) Failure(std::move(failure));
    state_ = ChainState::kFailure;
  }
  /// Stores a Failure that a callback gave. An empty one becomes a UsageError.
  void putGiven(Failure failure) noexcept {
    if (failure) [[likely]]
      putFailure(std::move(failure));
    else putMissing();
  }
  /// Takes the result of `inner`, or waits for it. When it cannot be waited for, this chain fails.
  void follow(Chain* inner, std::uint32_t epoch) noexcept;
  /// The stored value. Only in state kValue and with the right type.
  template <class T>
  Stored<T>& value() noexcept;
  Failure& failure() noexcept { return *std::launder(reinterpret_cast<Failure*>(value_)); }
  const Failure& failure() const noexcept { return *std::launder(reinterpret_cast<const Failure*>(value_)); }
  /// Makes the Failure count as handled, although it stays.
  void setQuiet() noexcept { quiet_ = true; }
  /// Moves the result out. The state becomes kEmpty.
  template <class T>
  Stored<T> takeValue();
  Failure takeFailure() noexcept {
    Failure taken = std::move(failure());
    clear();
    return taken;
  }
  void clear() noexcept;

  void add(Link* link) {
    link->next = nullptr;
    if (first_ == nullptr) first_ = link;
    else last_->next = link;
    last_ = link;
    runIfAble();
  }
  bool hasResult() const noexcept { return state_ == ChainState::kValue || state_ == ChainState::kFailure; }
  bool ableToRun() const noexcept { return hasResult() && pauses_ == 0 && !running_ && (first_ != nullptr || outer_ != nullptr); }
  void runIfAble() {
    if (ableToRun()) run();
  }
  /// Whether nothing more will happen to the result by itself.
  bool settled() const noexcept { return hasResult() && first_ == nullptr && pauses_ == 0 && !running_ && outer_ == nullptr; }

  void pause() noexcept { ++pauses_; }
  void unpause(Site site);
  // A pause that nobody can see or undo. Joins use it: they hook all their inputs before a callback
  // of any of them runs.
  void hold() noexcept { pauses_ |= kHeld; }
  void dropHold() noexcept { pauses_ &= ~kHeld; }
  /// False when the chain has the mark already.
  bool mark() noexcept {
    const bool isNew = !marked_;
    marked_ = true;
    return isNew;
  }
  void unmark() noexcept { marked_ = false; }
  void cancel(Site site);
  // For coroutines: such a chain gets its result from its coroutine alone, and waits for `inner`
  // meanwhile.
  void setDriven(bool driven) noexcept { driven_ = driven; }
  void setInner(Chain* inner) noexcept { inner_ = inner; }
  void setRunning(bool running) noexcept { running_ = running; }
  bool takeCancelRequest() noexcept {
    const bool requested = cancelling_;
    cancelling_ = false;
    return requested;
  }
  /// Whether the coroutine of this chain would wait for `other` without end.
  bool wouldWaitForItself(const Chain& other) const noexcept;
  void setCanceller(Canceller* canceller) noexcept { canceller_ = canceller; }

  /// Closes the end of the chain for all existing handles. After kRetyped, the handle that is made
  /// next stands at the end.
  std::uint32_t claim(Claim why, Site site) noexcept {
    claim_ = why;
    claimedAt_ = site;
    return ++epoch_;
  }
  std::uint32_t retype(const std::type_info& from, Site site) noexcept {
    if (startType_ == nullptr) startType_ = &from;
    return claim(Claim::kRetyped, site);
  }
  std::uint32_t epoch() const noexcept { return epoch_; }
  ChainState state() const noexcept { return state_; }
  Claim claimed() const noexcept { return claim_; }
  bool called() const noexcept { return called_; }
  bool running() const noexcept { return running_; }
  std::uint32_t pauses() const noexcept { return pauses_ & ~kHeld; }
  Site made() const noexcept { return made_; }
  /// Whether a pause alone keeps hasResult() of the handle at the end false.
  bool holdsBack() const noexcept { return hasResult() && pauses() != 0 && first_ == nullptr && !running_; }
  /// The state for people. `value` is the text of the value that the chain holds, "" when it is not
  /// known.
  std::string text(const std::string& value = std::string()) const;
  /// Throws the error that says why nothing can be added through a handle to `chain`.
  [[noreturn]] static void refuseAdd(const Chain* chain, const char* what, Site site);

 private:
  friend class ChainAccess;
  friend class WeakChain;
  explicit Chain(Site made) noexcept : made_(made) {}
  ~Chain() = default;
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  void putMissing() noexcept;
  bool refuseFire(const char* call, Site site);
  bool wouldCloseCircle(const Chain* inner) const noexcept;
  void run();
  static Chain* passUp(Chain* current) noexcept;
  static void unwind(Chain* top) noexcept;
  void dropCanceller() noexcept;
  Failure callCanceller();
  void moveResultFrom(Chain& other) noexcept;
  void die() noexcept;
  void report() noexcept;
  void destroy() noexcept;

  static constexpr std::uint32_t kHeld = 1u << 31;
  static constexpr std::size_t kInline = 32;
  template <class T>
  static constexpr bool kFits = sizeof(T) <= kInline && alignof(T) <= 16 && std::is_nothrow_move_constructible_v<T>;

  std::uint32_t refs_ = 1, pauses_ = 0, epoch_ = 0;
  ChainState state_ = ChainState::kUnfired;
  Claim claim_ = Claim::kOpen;
  bool called_ : 1 = false;
  bool running_ : 1 = false;
  bool swallowOne_ : 1 = false;
  bool cancelling_ : 1 = false;
  bool quiet_ : 1 = false;   // its Failure counts as handled: it is a verdict, or a join saw it
  bool driven_ : 1 = false;  // its coroutine alone fires it
  bool marked_ : 1 = false;
  Link* first_ = nullptr;
  Link* last_;
  Chain* outer_ = nullptr;  // owned: it waits for our result
  Chain* inner_ = nullptr;  // not owned: we wait for its result
  Canceller* canceller_ = nullptr;
  const ValueOps* ops_ = nullptr;
  const std::type_info* startType_ = nullptr;
  WeakChain* weak_ = nullptr;  // the first reference that does not keep this chain
  std::uint64_t id_ = 0;
  Site made_;
  Site firedAt_, claimedAt_;
  Chain* below_;  // while running: the chain that goes on after us; while dying: the next to die
  alignas(16) unsigned char value_[kInline];
};

template <class T>
inline constexpr ValueOps kInlineValueOps = {[](void* value) noexcept { std::launder(static_cast<T*>(value))->~T(); },
                                             [](void* to, void* from) noexcept {
                                               T* source = std::launder(static_cast<T*>(from));
                                               ::new (to) T(std::move(*source));
                                               source->~T();
                                             }};
template <class T>
inline constexpr ValueOps kBoxedValueOps = {
    [](void* value) noexcept { poolDelete(*std::launder(static_cast<T**>(value))); },
    [](void* to, void* from) noexcept { ::new (to) T*(*std::launder(static_cast<T**>(from))); }};

template <class T, class V>
void Chain::put(V&& value) {
  using S = Stored<T>;
  if constexpr (kFits<S>) {
    clear();
    ::new (static_cast<void*>(value_)) S(std::forward<V>(value));
    ops_ = std::is_trivially_copyable_v<S> ? nullptr : &kInlineValueOps<S>;
  } else {
    S* boxed = poolNew<S>(std::forward<V>(value));
    clear();
    ::new (static_cast<void*>(value_)) S*(boxed);
    ops_ = &kBoxedValueOps<S>;
  }
  state_ = ChainState::kValue;
}

template <class T>
Stored<T>& Chain::value() noexcept {
  using S = Stored<T>;
  if constexpr (kFits<S>) return *std::launder(reinterpret_cast<S*>(value_));
  else return **std::launder(reinterpret_cast<S**>(value_));
}

template <class T>
Stored<T> Chain::takeValue() {
  struct Cleared {
    Chain* chain;
    ~Cleared() { chain->clear(); }
  } cleared{this};
  return std::move(value<T>());
}

inline void WeakChain::set(Chain& chain) noexcept {
  chain_ = &chain;
  next_ = chain.weak_;
  if (next_ != nullptr) next_->pointer_ = &next_;
  pointer_ = &chain.weak_;
  chain.weak_ = this;
}

inline void Chain::clear() noexcept {
  const ChainState was = std::exchange(state_, ChainState::kEmpty);
  if (was == ChainState::kValue) {
    if (ops_ != nullptr) ops_->destroy(value_);
  } else if (was == ChainState::kFailure) {
    failure().~Failure();
  }
}

}  // namespace teasel::detail
