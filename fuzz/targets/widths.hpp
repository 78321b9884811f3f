#pragma once

#include <cstddef>

#include <teasel/fakes/world.hpp>

#include "kinds.hpp"

namespace teasel::targets {

/// How wide the prefix is in this run, in bytes: a choice of the world's, user.0: 0 is 2 bytes, 1 is 1, 2 is 4.
inline std::size_t drawWidth(fakes::World& world) {
  constexpr std::size_t kWidths[] = {2, 1, 4};
  return kWidths[world.choices().below(3, fakes::Key(0, fakes::kUserSites))];
}

template <template <class> class Busy>
Kinds intKinds(std::size_t width) {
  return kindsOf<Busy, IntStrings>(width == 1 ? wholeIntStrings<1> : width == 2 ? wholeIntStrings<2> : wholeIntStrings<4>, width);
}

}  // namespace teasel::targets
