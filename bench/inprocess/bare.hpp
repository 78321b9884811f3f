#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <teasel/core/byte_view.hpp>

/// The bare references of the feed rows, in a translation unit of their own so that nothing is
/// inlined into the loops.

namespace teasel::bench {

/// What a call of dataReceived costs by itself.
class BareReceiver {
 public:
  virtual ~BareReceiver() = default;
  virtual void dataReceived(ByteView data) = 0;
};
/// One that adds up what it got.
std::unique_ptr<BareReceiver> makeBareReceiver();

struct Lines {
  std::size_t count = 0, bytes = 0;
};
/// Finds the lines that end in `data` with memchr and nothing else: keeps nothing from chunk to
/// chunk.
void splitBare(ByteView data, Lines& lines);

}  // namespace teasel::bench
