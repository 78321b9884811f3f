#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/endpoints/endpoints.hpp>

namespace teasel {

/// Every attempt to connect to a host has failed. It has the failure of each attempt, in the order
/// in which they failed; what() has all of them.
class ConnectionAttemptsFailed : public ConnectError {
 public:
  struct Attempt {
    Address address;
    Failure failure;
  };
  ConnectionAttemptsFailed(const std::string& host, std::vector<Attempt> attempts);
  const std::vector<Attempt>& attempts() const noexcept { return *attempts_; }

 private:
  std::shared_ptr<const std::vector<Attempt>> attempts_;
};

/// Connects by TCP to whichever address of a host answers first ("Happy Eyeballs", RFC 8305; the
/// model is twisted.internet.endpoints.HostnameEndpoint).
///
/// It asks the reactor's resolver. It keeps the resolver's order, but lets IPv6 and IPv4 take
/// turns, beginning with the family of the first address. It tries the first address. When an
/// attempt has neither succeeded nor failed after `attemptDelay`, it tries the next address as
/// well; when one fails, it tries the next at once. The first attempt that succeeds wins, and the
/// others are given up. The protocol is built for the winner. If the factory builds none for it, or
/// if its buildProtocol or the protocol's connectionMade throws, that attempt has failed, too.
///
/// Resolver::kMaxAddresses limits how many addresses are tried.
class HostnameEndpoint : public StreamClientEndpoint {
 public:
  /// RFC 8305, section 8.
  static constexpr Duration kAttemptDelay = std::chrono::milliseconds(250);

  /// `host` is a name or an IP literal. `timeout` is for the whole: name resolution and all
  /// attempts. `bindAddress` is the local address to connect from; attempts of another family than
  /// its own fail. `reactor` must outlive the endpoint.
  HostnameEndpoint(Reactor& reactor, std::string host, int port, Duration timeout = std::chrono::seconds(30),
                   Address bindAddress = {}, Duration attemptDelay = kAttemptDelay)
      : to_{reactor, std::move(host), port, timeout, std::move(bindAddress), attemptDelay, std::nullopt} {}

  /// As StreamClientEndpoint::connect. The Deferred fails with the resolver's DNSLookupError, with
  /// the failure of the attempt if there was one, with ConnectionAttemptsFailed if there were more,
  /// and with TimeoutError if no address was known in time. An attempt that was under way when the
  /// time was over has a TimeoutError.
  Deferred<std::shared_ptr<Protocol>> connect(std::shared_ptr<Factory> factory) override;

 protected:
  struct To {
    Reactor& reactor;
    std::string host;
    int port;
    Duration timeout;
    Address bindAddress;
    Duration attemptDelay;
    std::optional<Address::Family> family;  ///< only addresses of this family
  };
  explicit HostnameEndpoint(To to) : to_(std::move(to)) {}

 private:
  // NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): its definition says final
  class Connecting;
  To to_;
};

/// As HostnameEndpoint, but only with the IPv6 addresses of the host.
class TCP6ClientEndpoint : public HostnameEndpoint {
 public:
  TCP6ClientEndpoint(Reactor& reactor, std::string host, int port, Duration timeout = std::chrono::seconds(30),
                     Address bindAddress = {})
      : HostnameEndpoint(
            To{reactor, std::move(host), port, timeout, std::move(bindAddress), kAttemptDelay, Address::Family::kIPv6}) {}
};

}  // namespace teasel
