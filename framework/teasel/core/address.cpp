#include <teasel/core/address.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ostream>

#include <teasel/core/errors.hpp>

namespace teasel {

namespace {

std::optional<std::array<std::uint8_t, 4>> parseIPv4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return std::nullopt;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), bytes[i]);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  return bytes;
}

/// Reads groups of 16 bits between colons into `out`. The last one may be an IPv4 literal. "" has
/// no groups.
bool parseGroups(std::string_view text, std::array<std::uint8_t, 16>& out, std::size_t& size) {
  size = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      const auto tail = parseIPv4(part);
      if (!tail || size > 12) return false;
      std::copy(tail->begin(), tail->end(), out.begin() + static_cast<std::ptrdiff_t>(size));
      size += 4;
      return true;
    }
    std::uint16_t group = 0;
    if (part.empty() || part.size() > 4 || size > 14) return false;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), group, 16);
    if (error != std::errc() || end != part.data() + part.size()) return false;
    out[size++] = static_cast<std::uint8_t>(group >> 8);
    out[size++] = static_cast<std::uint8_t>(group & 0xff);
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a trailing single colon
  }
  return true;
}

std::optional<std::array<std::uint8_t, 16>> parseIPv6(std::string_view text) {
  std::array<std::uint8_t, 16> head{}, tail{}, bytes{};
  std::size_t headSize = 0, tailSize = 0;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parseGroups(text, head, headSize) || headSize != 16) return std::nullopt;
    return head;
  }
  if (!parseGroups(text.substr(0, gap), head, headSize) || !parseGroups(text.substr(gap + 2), tail, tailSize) ||
      headSize + tailSize > 14 || text.substr(0, gap).find('.') != std::string_view::npos)
    return std::nullopt;
  std::copy_n(head.begin(), headSize, bytes.begin());
  std::copy_n(tail.begin(), tailSize, bytes.end() - static_cast<std::ptrdiff_t>(tailSize));
  return bytes;
}

std::string hostOfIPv4(const std::uint8_t* bytes) {
  char text[16];
  std::snprintf(text, sizeof text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
  return text;
}

/// As RFC 5952 says; the end of a mapped IPv4 address as such (section 5).
std::string hostOfIPv6(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) return "::ffff:" + hostOfIPv4(bytes.data() + kMapped.size());
  const auto group = [&](std::size_t i) { return bytes[2 * i] << 8 | bytes[2 * i + 1]; };
  // the longest run of at least two zero groups; of equal ones the first
  std::size_t gap = 8, gapSize = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t run = 0;
    while (i + run < 8 && group(i + run) == 0) ++run;
    if (run > gapSize) gap = i, gapSize = run;
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += gapSize - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    char text[8];
    std::snprintf(text, sizeof text, "%x", static_cast<unsigned>(group(i)));
    out += text;
  }
  return out;
}

std::string hostOfUnix(const std::string& path) {
  std::string out;
  const bool abstract = !path.empty() && path[0] == '\0';
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (abstract && byte == 0) {
      out += '@';
    } else if (byte < 0x20 || byte == 0x7f) {
      char text[8];
      std::snprintf(text, sizeof text, "\\x%02x", static_cast<unsigned>(byte));
      out += text;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view literal, std::uint16_t port) {
  if (const auto bytes = parseIPv4(literal)) return ipv4(*bytes, port);
  if (const auto bytes = parseIPv6(literal)) return ipv6(*bytes, port);
  return std::nullopt;
}

Address Address::ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) noexcept {
  return ipv4(std::array<std::uint8_t, 4>{a, b, c, d}, port);
}

Address Address::ipv4(const std::array<std::uint8_t, 4>& bytes, std::uint16_t port) noexcept {
  Address address;
  std::copy(bytes.begin(), bytes.end(), address.content_.bytes.begin());
  address.port_ = port;
  address.family_ = Family::kIPv4;
  return address;
}

Address Address::ipv6(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port) noexcept {
  Address address;
  address.content_.bytes = bytes;
  address.port_ = port;
  address.family_ = Family::kIPv6;
  return address;
}

Address Address::unixPath(std::string path) {
  const bool abstract = !path.empty() && path[0] == '\0';
  if (path.size() > kMaxUnixPath)
    throw InvalidAddressError("the path of a UNIX socket has " + std::to_string(path.size()) + " bytes; at most " +
                              std::to_string(kMaxUnixPath) + " are allowed: \"" + hostOfUnix(path) + '"');
  if (!abstract && path.find('\0') != std::string::npos)
    throw InvalidAddressError("the path of a UNIX socket has a NUL at byte " + std::to_string(path.find('\0')) + ": \"" +
                              hostOfUnix(path) + '"');
  std::shared_ptr<const std::string> shared;
  if (!path.empty()) shared = std::make_shared<const std::string>(std::move(path));
  Address address;
  new (&address.content_.path) std::shared_ptr<const std::string>(std::move(shared));
  address.family_ = Family::kUnix;
  return address;
}

const std::array<std::uint8_t, 16>& Address::bytes() const noexcept {
  static constexpr std::array<std::uint8_t, 16> kZeros{};
  return family_ == Family::kUnix ? kZeros : content_.bytes;
}

const std::string& Address::path() const noexcept {
  // leaked on purpose: destructors of static objects may ask
  static const std::string& none = *new std::string;
  return family_ == Family::kUnix && content_.path != nullptr ? *content_.path : none;
}

Address Address::withPort(std::uint16_t port) const noexcept {
  Address other = *this;
  if (family_ != Family::kUnix) other.port_ = port;
  return other;
}

std::string Address::host() const {
  if (family_ == Family::kNone) return "";
  if (family_ == Family::kUnix) return hostOfUnix(path());
  if (family_ == Family::kIPv6) return hostOfIPv6(content_.bytes);
  return hostOfIPv4(content_.bytes.data());
}

std::string Address::text() const {
  if (family_ == Family::kNone) return "none";
  if (family_ == Family::kUnix) return "unix:" + hostOfUnix(path());
  const std::string port = ':' + std::to_string(port_);
  return family_ == Family::kIPv6 ? '[' + host() + ']' + port : host() + port;
}

bool operator==(const Address& left, const Address& right) noexcept {
  if (left.family_ != right.family_) return false;
  if (left.family_ == Address::Family::kUnix) return left.content_.path == right.content_.path || left.path() == right.path();
  return left.port_ == right.port_ && left.content_.bytes == right.content_.bytes;
}

std::ostream& operator<<(std::ostream& out, const Address& address) { return out << address.text(); }

}  // namespace teasel
