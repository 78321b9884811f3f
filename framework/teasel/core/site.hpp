#pragma once

#include <string>

namespace teasel {

/// A place in source code. As a default argument it is the caller's place: a function `void f(Site
/// site = Site::here())` knows who called it.
struct Site {
  const char* file = nullptr;
  int line = 0;
  // Written as well: a copy loads eight bytes at once, and would stall if only four of them had
  // just been stored.
  int padding = 0;

  static constexpr Site here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) noexcept {
    return Site{file, line};
  }
  explicit constexpr operator bool() const noexcept { return file != nullptr; }
  /// "file.cpp:12", without the folders, or "an unknown place".
  std::string text() const;
};

}  // namespace teasel
