#pragma once

#include <cstddef>
#include <iterator>

#include <teasel/fakes/world/world.hpp>

#include "framing/kinds.hpp"

namespace teasel::targets {

/// The width of the length prefix in this run, in bytes. The world chooses it.
inline std::size_t drawWidth(fakes::World& world) { return kWidths[world.choices().below(std::size(kWidths), kWidth)]; }

template <template <class> class Busy>
Kinds intKinds(std::size_t width) {
  return kindsOf<Busy, IntStrings>(width == 1 ? wholeIntStrings<1> : width == 2 ? wholeIntStrings<2> : wholeIntStrings<4>, width);
}

}  // namespace teasel::targets
