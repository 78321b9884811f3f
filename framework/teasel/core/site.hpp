#pragma once

#include <string>

namespace teasel {

/// A place in source code, taken by default arguments: `void f(Site site = Site::here())` knows its
/// caller.
struct Site {
  const char* file = nullptr;
  int line = 0;
  // written, too: a copy loads eight bytes at once, and stalls where only four were just stored
  int padding = 0;

  static constexpr Site here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept {
    return Site{file, line};
  }
  explicit constexpr operator bool() const noexcept { return file != nullptr; }
  /// "file.cpp:12" with the directories left out, or "an unknown place".
  std::string text() const;
};

}  // namespace teasel
