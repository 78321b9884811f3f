#pragma once

#include <teasel/core/errors.hpp>

namespace teasel {

/// callback or errback of a Deferred that has its result already. what() names where it was made,
/// where it was fired first and the call that was refused (Twisted: defer.AlreadyCalledError).
class AlreadyCalledError : public UsageError {
 public:
  using UsageError::UsageError;
};

/// The result of a Deferred that was cancelled and whose canceller gave no result.
class CancelledError : public std::runtime_error {
 public:
  CancelledError() : std::runtime_error("the Deferred was cancelled") {}
  using std::runtime_error::runtime_error;
};

/// Something was added through a handle that is no longer at the end of its chain. Either a
/// callback has changed the chain's type, or a callback of another Deferred has returned this one.
/// what() names the place.
class StaleHandle : public UsageError {
 public:
  using UsageError::UsageError;
};

/// Something was added after co_await, a join or take() had taken the result. what() names the
/// place.
class ResultTaken : public UsageError {
 public:
  using UsageError::UsageError;
};

/// A bindWeak callback that should give a value fails with this when its object is gone. Nobody is
/// left to handle the error, so it is not reported as unhandled.
class OwnerGone : public std::runtime_error {
 public:
  OwnerGone() : std::runtime_error("the object that a callback was bound to is gone") {}
};

}  // namespace teasel
