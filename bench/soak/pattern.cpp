#include "pattern.hpp"

#include <algorithm>
#include <cstring>

namespace teasel::soak {
namespace {

/// The output function of splitmix64: every bit of the result depends on every bit of `value`.
constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15u;
constexpr std::uint64_t kWord = 8;

constexpr char byteOf(std::uint64_t word, std::uint64_t at) noexcept { return static_cast<char>(word >> (8 * at)); }

}  // namespace

const char* name(Role role) noexcept { return role == Role::kClient ? "client" : "server"; }

Dice::Dice(std::uint64_t seed, std::uint64_t number, std::uint64_t purpose) noexcept
    : state_(mixed(mixed(seed + kStep) + number * kStep) + purpose) {}

std::uint64_t Dice::next() noexcept { return mixed(state_ += kStep); }

Pattern::Pattern(std::uint64_t seed, std::uint64_t number, Role from) noexcept
    : key_(Dice(seed, number, from == Role::kClient ? 1001 : 1002).next()), number_(number), hasHeader_(from == Role::kClient) {}

char Pattern::at(std::uint64_t position) const noexcept {
  if (hasHeader_ && position < kHeader) return byteOf(number_, kHeader - 1 - position);
  return byteOf(mixed(key_ + position / kWord * kStep), position % kWord);
}

void Pattern::fill(std::uint64_t position, char* to, std::size_t size) const noexcept {
  std::size_t done = 0;
  for (; done < size && ((position + done) % kWord != 0 || position + done < kHeader); ++done) to[done] = at(position + done);
  for (; size - done >= kWord; done += kWord) {
    const std::uint64_t word = mixed(key_ + (position + done) / kWord * kStep);
    for (std::uint64_t i = 0; i < kWord; ++i) to[done + i] = byteOf(word, i);
  }
  for (; done < size; ++done) to[done] = at(position + done);
}

std::size_t Pattern::agree(std::uint64_t position, ByteView bytes) const noexcept {
  char expected[4096];
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t size = std::min(bytes.size() - done, sizeof expected);
    fill(position + done, expected, size);
    if (std::memcmp(expected, bytes.data() + done, size) != 0) {
      const auto differs = std::mismatch(expected, expected + size, bytes.data() + done);
      return done + static_cast<std::size_t>(differs.first - expected);
    }
    done += size;
  }
  return bytes.size();
}

std::uint64_t Pattern::numberIn(ByteView header) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kHeader; ++i) number = number << 8 | static_cast<unsigned char>(header[i]);
  return number;
}

}  // namespace teasel::soak
