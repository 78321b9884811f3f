#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "serve.hpp"

namespace teasel::bench {

/// How large the file of serveFile is, and its bytes.
constexpr std::size_t kFileSize = std::size_t{4} << 20;
constexpr char fileByte(std::size_t at) { return static_cast<char>(at % 251); }

/// Whether the transport may send the file by itself, or FileSender reads it piece by piece.
enum class ByWhom : std::uint8_t { kTransport, kReader };

/// A server of Teasel's on the named driver that answers each byte with a whole file, by a
/// FileSender.
void serveFile(const std::string& driver, ByWhom by, const Listening& listening);

}  // namespace teasel::bench
