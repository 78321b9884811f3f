// Each target that links teasel_count_work compiles this file, with its own flags. So the two loops
// below are instrumented as the target's code is, and their cost says what a step is worth in this
// build (work.hpp).

#include <cstddef>
#include <string>

#include <teasel/props/work.hpp>

namespace teasel::props::detail {

namespace {

/// Looks at each byte twice: by index, and by pointer.
__attribute__((noinline)) std::size_t referenceLoops(const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n') continue;
    ++found;
  }
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from < end)
    if (*from++ == '\n') ++found;
  return found;
}

[[maybe_unused]] const bool kMeasured = measureWork(&referenceLoops);

}  // namespace

}  // namespace teasel::props::detail
