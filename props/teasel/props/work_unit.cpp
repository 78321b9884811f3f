// Each target that links teasel_count_work compiles this file, with its own flags. So the two loops
// below are instrumented as the target's code is, and their cost says what a step is worth in this
// build (work.hpp).

#include <cstddef>
#include <string>

#include <teasel/props/work.hpp>

namespace teasel::props::detail {

namespace {

/// Looks at each byte twice, by index and by pointer, and ends at a newline.
__attribute__((noinline)) std::size_t referenceLoops(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\n') return at;
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from < end)
    if (*from++ == '\n') return 0;
  return text.size();
}

[[maybe_unused]] const bool kMeasured = measureWork(&referenceLoops);

}  // namespace

}  // namespace teasel::props::detail
