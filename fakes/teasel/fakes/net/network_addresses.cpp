#include <algorithm>
#include <array>
#include <cstring>

#include <teasel/fakes/net/network.hpp>

// The addresses of hosts, and those of the parties that are no hosts.

namespace teasel::fakes {

namespace {

/// The addresses of a host.
constexpr std::array<std::uint8_t, 16> bytesOf4(std::uint8_t host) noexcept {
  return {10, 0, 0, static_cast<std::uint8_t>(host + 1)};
}
constexpr std::array<std::uint8_t, 16> bytesOf6(std::uint8_t host) noexcept {
  return {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, static_cast<std::uint8_t>(host + 1)};
}

}  // namespace

Address Network::hostAddress(std::uint8_t id) noexcept { return Address::ipv4(10, 0, 0, static_cast<std::uint8_t>(id + 1), 0); }
Address Network::hostAddress6(std::uint8_t id) noexcept { return Address::ipv6(bytesOf6(id), 0); }
bool Network::isAddressOf(std::uint8_t host, const Address& address) noexcept {
  // No address is made only to be compared: each listen and each connect asks.
  if (address.family() == Address::Family::kUnix) return false;
  const bool overIPv6 = address.family() == Address::Family::kIPv6;
  const std::array<std::uint8_t, 16> own = overIPv6 ? bytesOf6(host) : bytesOf4(host);
  return std::memcmp(address.bytes().data(), own.data(), own.size()) == 0;
}
bool Network::ownAddress(std::uint8_t host, const Address& address) noexcept {
  const std::array<std::uint8_t, 16>& bytes = address.bytes();
  if (address.family() == Address::Family::kNone || isAddressOf(host, address)) return true;
  if (address.family() == Address::Family::kIPv4) return bytes[0] == 127 || bytes == std::array<std::uint8_t, 16>{};
  // "::" or "::1"
  return std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && bytes[15] <= 1;
}
Address Network::remoteServer() noexcept { return Address::ipv4(203, 0, 113, 1, 7); }
Address Network::blackHole() noexcept { return Address::ipv4(192, 0, 2, 1, 7); }

/// The address that `host` connects to `to` from.
Address Network::defaultAddress(std::uint8_t host, const Address& to) noexcept {
  const bool overIPv6 = to.family() == Address::Family::kIPv6 && to.bytes()[0] == 0xfd;
  return overIPv6 ? hostAddress6(host) : hostAddress(host);
}

}  // namespace teasel::fakes
