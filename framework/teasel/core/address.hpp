#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace teasel {

/// The address of one end of a transport: IPv4 or IPv6 with a port, or none (an unconnected
/// transport). A value, cheap to copy.
class Address {
 public:
  enum class Family : std::uint8_t { kNone, kIPv4, kIPv6 };

  constexpr Address() noexcept = default;
  /// From an IP literal ("127.0.0.1", "::1"). Gives nothing when `literal` is not one; a Resolver
  /// resolves names. IPv4 is four decimal numbers. IPv6 is written as in RFC 4291, section 2.2,
  /// without a zone.
  static std::optional<Address> parse(std::string_view literal, std::uint16_t port);
  static Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) noexcept;
  static Address ipv4(const std::array<std::uint8_t, 4>& bytes, std::uint16_t port) noexcept;
  static Address ipv6(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port) noexcept;

  Family family() const noexcept { return family_; }
  std::uint16_t port() const noexcept { return port_; }
  /// The bytes in network order: IPv4 uses the first 4, IPv6 all 16.
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  Address withPort(std::uint16_t port) const noexcept;
  /// The literal without the port: "127.0.0.1", "::1" (as RFC 5952 writes it), "" for none.
  std::string host() const;
  /// "127.0.0.1:80", "[::1]:80", "none".
  std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint16_t port_ = 0;
  Family family_ = Family::kNone;
};

std::ostream& operator<<(std::ostream& out, const Address& address);

}  // namespace teasel
