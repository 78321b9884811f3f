#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// IRC carries bytes and names no character set. Nearly all of it is UTF-8, but any bytes may come.
namespace teasel::irc {

/// Whether all bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, no
/// longer form than needed).
bool isUtf8(std::string_view text) noexcept;
/// The text with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string toUtf8(std::string_view text);

/// How many of the first `bytes` bytes of `text` can be kept without cutting a character in two.
/// Bytes that are not UTF-8 are cut anywhere. At least 1 when `bytes` is at least 1 and `text` is
/// not empty: a limit smaller than one character cuts the character.
std::size_t wholeCharacters(std::string_view text, std::size_t bytes) noexcept;

/// Cuts a text into pieces of at most `bytes` bytes, for messages: first at line ends (CR, LF or
/// both), then at the last space that fits (the space is left out), then between two characters.
/// Empty pieces are left out. `quotes` are the bytes that begin an escape of two bytes, which is
/// not cut either. The model is twisted.words.protocols.irc.split, which counts characters. Throws
/// UsageError when `bytes` is 0.
std::vector<std::string_view> splitText(std::string_view text, std::size_t bytes, std::string_view quotes = {});

}  // namespace teasel::irc
