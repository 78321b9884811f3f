#pragma once

#include <cstddef>
#include <span>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/choices.hpp>

/// The formats of the targets' messages, read in the simplest way.

namespace teasel::targets {

/// The width of a length prefix in bytes. The world chooses it at the site user.0.
inline constexpr std::size_t kWidths[] = {2, 1, 4};
inline constexpr fakes::ChoiceKey kWidth(0, fakes::kUserSites);

// Size of the message at the beginning of `bytes`. 0 if there is no message or not all of it.
std::size_t netstringSize(ByteView bytes);
std::size_t intStringSize(ByteView bytes, std::size_t prefixLength);
std::size_t recordSize(ByteView bytes);

// The same functions with the signature of fakes::MessageSize.
std::size_t netstringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);
std::size_t intStringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);
std::size_t recordMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records);

// Whether `bytes` are whole messages, for Kinds::whole. wholeRecords knows only the records that
// Records::send writes.
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
