#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/core/logger.hpp>

/// How a log event becomes a line.
namespace teasel::detail {

/// A longer message or failure text is cut; the line says how many bytes are missing.
inline constexpr std::size_t kMaxLogText = 8192;

/// "2026-11-29T20:22:17.123456Z", of microseconds since 1970.
std::string timeText(std::int64_t microseconds);

/// A text that can be part of a line for a terminal: control characters and bytes that are no UTF-8
/// are written as \n, \r, \t or \x1b.
std::string oneLine(std::string_view text);
/// A JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string jsonString(std::string_view text);

/// "2026-11-29T20:22:17.123456Z info chat_server: listening on 127.0.0.1:8123" and a line feed. A
/// failure's text follows behind ": ".
std::string textLine(const LogEvent& event, std::int64_t microseconds);
/// {"time":"2026-11-29T20:22:17.123456Z","level":"info","source":"chat_server","message":"..."} and
/// a line feed. A failure adds "failure":{"kind":"ConnectionLost","what":"...","where":"..."}.
std::string jsonLine(const LogEvent& event, std::int64_t microseconds);

}  // namespace teasel::detail
