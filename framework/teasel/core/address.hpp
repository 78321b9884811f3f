#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace teasel {

/// The address of one end of a transport: IPv4 or IPv6 with a port, the path of a UNIX socket, or
/// none (an unconnected transport). A value, cheap to copy: copies of a UNIX address share its
/// path, and no copy allocates. Two addresses are equal if their contents are.
class Address {
 public:
  enum class Family : std::uint8_t { kNone, kIPv4, kIPv6, kUnix };
  /// How long the path of a UNIX socket may be, in bytes. An abstract name counts its leading NUL.
  static constexpr std::size_t kMaxUnixPath = 107;

  constexpr Address() noexcept : bytes_{} {}
  Address(const Address& other) noexcept;
  Address(Address&& other) noexcept;
  Address& operator=(const Address& other) noexcept;
  Address& operator=(Address&& other) noexcept;
  ~Address() {
    if (family_ == Family::kUnix) path_.~shared_ptr();
  }

  /// From an IP literal ("127.0.0.1", "::1"). Gives nothing when `literal` is not one; a Resolver
  /// resolves names. IPv4 is four decimal numbers. IPv6 is written as in RFC 4291, section 2.2,
  /// without a zone.
  static std::optional<Address> parse(std::string_view literal, std::uint16_t port);
  static Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) noexcept;
  static Address ipv4(const std::array<std::uint8_t, 4>& bytes, std::uint16_t port) noexcept;
  static Address ipv6(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port) noexcept;
  /// The address of a UNIX socket. `path` is the path of a file, or an abstract name, which begins
  /// with NUL and belongs to no file. "" is the unnamed address, which a socket has that was bound
  /// to nothing, as those of clients. Throws InvalidAddressError for more than kMaxUnixPath bytes
  /// and for a NUL inside the path of a file. (It is not called `unix`: compilers define that word
  /// as a macro in GNU modes.)
  static Address unixPath(std::string path);

  Family family() const noexcept { return family_; }
  /// 0 for a UNIX socket.
  std::uint16_t port() const noexcept { return port_; }
  /// The bytes in network order: IPv4 uses the first 4, IPv6 all 16. All are 0 for a UNIX socket.
  const std::array<std::uint8_t, 16>& bytes() const noexcept;
  /// What unixPath was given. "" for the unnamed address and for every other family.
  const std::string& path() const noexcept;
  /// Whether it is an abstract name of a UNIX socket.
  bool abstract() const noexcept { return !path().empty() && path()[0] == '\0'; }
  /// The same address with another port. A UNIX address has none and stays as it is.
  Address withPort(std::uint16_t port) const noexcept;
  /// What text() says, without the port: "127.0.0.1", "::1" (as RFC 5952 writes it), "" for none. A
  /// UNIX socket has its path, or its abstract name with "@" in place of each NUL, or "" if it is
  /// unnamed. In these, "\x0a" stands for a control character, so that the text is one line.
  std::string host() const;
  /// "127.0.0.1:80", "[::1]:80", "unix:/run/x", "unix:@name" (an abstract name), "unix:" (unnamed),
  /// "none".
  std::string text() const;
  friend bool operator==(const Address& left, const Address& right) noexcept;

 private:
  union {
    std::array<std::uint8_t, 16> bytes_;       // every family but kUnix
    std::shared_ptr<const std::string> path_;  // kUnix; null: unnamed
  };
  std::uint16_t port_ = 0;
  Family family_ = Family::kNone;
};

inline Address::Address(const Address& other) noexcept : port_(other.port_), family_(other.family_) {
  if (family_ == Family::kUnix) new (&path_) std::shared_ptr<const std::string>(other.path_);
  else bytes_ = other.bytes_;
}

inline Address::Address(Address&& other) noexcept : port_(other.port_), family_(other.family_) {
  if (family_ == Family::kUnix) new (&path_) std::shared_ptr<const std::string>(std::move(other.path_));
  else bytes_ = other.bytes_;
}

inline Address& Address::operator=(Address&& other) noexcept {
  if (this == &other) return *this;
  this->~Address();
  return *new (this) Address(std::move(other));
}

inline Address& Address::operator=(const Address& other) noexcept { return *this = Address(other); }

std::ostream& operator<<(std::ostream& out, const Address& address);

}  // namespace teasel
