#pragma once

#include <cstddef>
#include <string>

namespace teasel::bench {

/// Lines as a busy server of IRC sends them, the same ones in every run: mostly messages to
/// channels, with joins, parts, nicks, modes and numerics between them. Their median size is 80
/// bytes with CR LF, and every tenth has tags. Exactly `bytes` bytes: the last line is filled up.
std::string ircLines(std::size_t bytes);

}  // namespace teasel::bench
