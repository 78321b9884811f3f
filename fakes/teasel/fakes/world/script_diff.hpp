#pragma once

#include <string>

#include <teasel/core/byte_view.hpp>

namespace teasel::fakes {

/// Shows where two byte strings differ, as lines of 16 bytes in hexadecimal and as text, with marks
/// under the bytes that differ. It begins with the line before the first difference and shows at
/// most `lines` lines of each string from there on. "" if they are equal.
///
///     both     00000000  4e 49 43 4b 20 62 6f 74  0d 0a 55 53 45 52 20 62  |NICK bot..USER b|
///     expected 00000010  6f 74                                             |ot|
///     got      00000010  6f 62                                             |ob|
///                           ^^
std::string hexDiff(ByteView expected, ByteView got, std::size_t lines = 4);

}  // namespace teasel::fakes
