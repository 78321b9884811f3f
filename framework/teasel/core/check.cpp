#include <teasel/core/check.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace teasel {

std::string Site::text() const {
  if (file == nullptr) return "an unknown place";
  const char* slash = std::strrchr(file, '/');
  return std::string(slash == nullptr ? file : slash + 1) + ':' + std::to_string(line);
}

namespace detail {

void checkFailed(const char* expression, const std::string& values, Site site) noexcept {
  std::fprintf(stderr, "check failed at %s: %s (with %s)\n", site.text().c_str(), expression, values.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace detail
}  // namespace teasel
