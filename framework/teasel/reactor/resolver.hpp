#pragma once

#include <string>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/core/unique_function.hpp>

namespace teasel {

/// Turns host names into addresses. The reactor asks the resolver that Reactor::installResolver
/// set; at first that is a LiteralResolver.
class Resolver {
 public:
  /// Gets either at least one address, in order of preference, or a DNSLookupError.
  using Answer = UniqueFunction<void(std::vector<Address> addresses, const Failure& failure)>;
  virtual ~Resolver() = default;
  /// Calls `answer` exactly once, never inside this call. Destroying the resolver drops the
  /// questions that are unanswered.
  virtual void resolve(const std::string& name, std::uint16_t port, Answer answer) = 0;
};

}  // namespace teasel
