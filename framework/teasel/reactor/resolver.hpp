#pragma once

#include <string>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// Turns host names into addresses. The reactor asks the one that Reactor::installResolver set.
class Resolver {
 public:
  /// Either addresses, at least one, in the order of preference, or a DNSLookupError.
  using Answer = UniqueFunction<void(std::vector<Address> addresses, const Failure& failure)>;
  virtual ~Resolver() = default;
  /// Calls `answer` exactly once, never inside this call. Destroying the resolver drops unanswered
  /// questions.
  virtual void resolve(const std::string& name, std::uint16_t port, Answer answer) = 0;
};

}  // namespace teasel
