#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/protocols/detail/crc32c.hpp>

/// Headers of the PROXY protocol for tests. Only tests include it; it is not installed.

namespace teasel::test {

using namespace std::string_view_literals;

/// Two bytes in network order.
inline std::string u16(std::size_t value) { return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)}; }

inline constexpr char kLocal = '\x20', kProxy = '\x21';
inline constexpr char kUnspec = '\0', kTcp4 = '\x11', kTcp6 = '\x21', kUnixStream = '\x31';

/// A header of version 2: signature, `command`, `family`, the length of `block`, and `block`.
inline std::string binaryHeader(char command, char family, std::string_view block) {
  std::string header("\r\n\r\n\0\r\nQUIT\n"sv);
  header += command;
  header += family;
  return header + u16(block.size()) + std::string(block);
}

/// The addresses 10.1.2.3:4660 and 192.168.0.1:443.
inline std::string block4() { return std::string("\x0a\x01\x02\x03\xc0\xa8\0\x01\x12\x34\x01\xbb"sv); }

inline std::string tlv(char type, std::string_view value) { return type + u16(value.size()) + std::string(value); }

/// The header with the checksum that belongs into the CRC32c TLV, which must be its last one.
inline std::string withChecksum(std::string header) {
  detail::Crc32c crc;
  crc.add(header);
  const std::uint32_t sum = crc.value();
  header.replace(header.size() - 4, 4, u16(sum >> 16) + u16(sum & 0xffff));
  return header;
}

}  // namespace teasel::test
