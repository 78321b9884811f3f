#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace teasel::detail {

constexpr std::array<std::uint32_t, 256> crc32cTable() noexcept {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ kReversedPolynomial : rest >> 1;
    table[i] = rest;
  }
  return table;
}

/// The checksum CRC-32C (Castagnoli) of RFC 3720, section 12.1, made byte by byte with a table.
class Crc32c {
 public:
  void add(std::string_view bytes) noexcept {
    for (const char byte : bytes) state_ = state_ >> 8 ^ kTable[(state_ ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  std::uint32_t value() const noexcept { return ~state_; }

 private:
  static constexpr std::array<std::uint32_t, 256> kTable = crc32cTable();
  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace teasel::detail
