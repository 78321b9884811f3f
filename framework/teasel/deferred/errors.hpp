#pragma once

#include <teasel/core/errors.hpp>

namespace teasel {

/// callback or errback of a Deferred that has its result already. what() names where it was made,
/// where it was fired first and the call that was refused (Twisted: defer.AlreadyCalledError).
class AlreadyCalledError : public UsageError {
 public:
  using UsageError::UsageError;
};

/// The result of a Deferred that was cancelled and whose canceller gave none of its own.
class CancelledError : public std::runtime_error {
 public:
  CancelledError() : std::runtime_error("the Deferred was cancelled") {}
  using std::runtime_error::runtime_error;
};

/// Something was added through a handle that no longer stands at the end of its chain: a callback
/// changed the chain's type, or the Deferred was given to another one by returning it from a
/// callback. what() names the place.
class StaleHandle : public UsageError {
 public:
  using UsageError::UsageError;
};

/// Something was added after the result had been taken (by co_await, a join, take()). what() names
/// the place.
class ResultTaken : public UsageError {
 public:
  using UsageError::UsageError;
};

/// What a bindWeak callback that must give a value gives when its object is gone. Nobody is left
/// who could handle it, therefore it is not reported as unhandled.
class OwnerGone : public std::runtime_error {
 public:
  OwnerGone() : std::runtime_error("the object that a callback was bound to is gone") {}
};

}  // namespace teasel
