#pragma once

#include <cstddef>
#include <span>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/choices.hpp>

/// The formats of the targets' messages, by the plainest means.

namespace teasel::targets {

/// The width of a length prefix is a choice of the world's, user.0: these, in bytes.
inline constexpr std::size_t kWidths[] = {2, 1, 4};
inline constexpr fakes::ChoiceKey kWidth(0, fakes::kUserSites);

// Of the message that bytes begin with: its size, 0 when it is none, or not whole.
std::size_t netstringSize(ByteView bytes);
std::size_t intStringSize(ByteView bytes, std::size_t prefixLength);
std::size_t recordSize(ByteView bytes);

// The same, as fakes::MessageSize.
std::size_t netstringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);
std::size_t intStringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);
std::size_t recordMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);

// Whether bytes are whole messages, for Kinds::whole. Of records, those that Records::send writes.
bool wholeLines(ByteView bytes);
bool wholeNetstrings(ByteView bytes);
template <std::size_t PrefixLength>
bool wholeIntStrings(ByteView bytes) {
  std::size_t size = 0;
  while ((size = intStringSize(bytes, PrefixLength)) != 0) bytes = bytes.sub(size);
  return bytes.empty();
}
bool wholeRecords(ByteView bytes);

}  // namespace teasel::targets
