#pragma once

#include <string>
#include <vector>

#include <teasel/core/address.hpp>

namespace teasel::posix {

/// Asks getaddrinfo for the addresses of a host, in its order of preference (RFC 6724). It blocks,
/// so it is called in a thread. Link-local IPv6 addresses are left out, because an Address has no
/// zone. If the system does not know "localhost", the answer is 127.0.0.1 (RFC 6761). Throws
/// DNSLookupError with the system's words.
std::vector<Address> lookUpHost(const std::string& name);

}  // namespace teasel::posix
