#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include <teasel/core/byte_view.hpp>

/// The references of the feed rows. They are in a translation unit of their own, so that the
/// compiler inlines nothing into the loops.

namespace teasel::bench {

/// A receiver for measuring what a virtual call of dataReceived costs by itself.
class BareReceiver {
 public:
  virtual ~BareReceiver() = default;
  virtual void dataReceived(ByteView data) = 0;
};
/// Makes a receiver that adds up the bytes that it gets.
std::unique_ptr<BareReceiver> makeBareReceiver();

struct Lines {
  std::size_t count = 0, bytes = 0;
};
/// Counts the lines that end in `data`. Uses only memchr, and keeps nothing from chunk to chunk.
void splitBare(ByteView data, Lines& lines);

}  // namespace teasel::bench
