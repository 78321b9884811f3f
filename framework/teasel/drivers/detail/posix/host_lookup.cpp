#include <teasel/drivers/detail/posix/host_lookup.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include <teasel/core/errors.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel::posix {

namespace {

/// Appends what getaddrinfo gave, unless it is an address that nobody could connect to.
void append(std::vector<Address>& addresses, const addrinfo& found) {
  if (found.ai_family == AF_INET && found.ai_addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in native{};
    std::memcpy(&native, found.ai_addr, sizeof native);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &native.sin_addr, bytes.size());
    addresses.push_back(Address::ipv4(bytes, 0));
  } else if (found.ai_family == AF_INET6 && found.ai_addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 native{};
    std::memcpy(&native, found.ai_addr, sizeof native);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &native.sin6_addr, bytes.size());
    const bool linkLocal = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
    if (!linkLocal) addresses.push_back(Address::ipv6(bytes, 0));
  }
}

}  // namespace

std::vector<Address> lookUpHost(const std::string& name) {
  // AI_ADDRCONFIG is not set: with only the loopback interface up it hides addresses that work.
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const int system = errno;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(list, [](addrinfo* each) {
    if (each != nullptr) freeaddrinfo(each);
  });
  if (error != 0) {
    if (isLocalhost(name)) return {Address::ipv4(127, 0, 0, 1, 0)};
    throw DNSLookupError("cannot resolve " + name + ": " +
                         (error == EAI_SYSTEM ? std::generic_category().message(system) : gai_strerror(error)));
  }
  std::vector<Address> addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) append(addresses, *each);
  if (addresses.empty()) throw DNSLookupError("cannot resolve " + name + ": it has no address that can be connected to");
  return addresses;
}

}  // namespace teasel::posix
