#include "framing/formats.hpp"

#include <algorithm>
#include <iterator>

namespace teasel::targets {

namespace {

std::size_t bigEndian(ByteView bytes) {
  std::size_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

/// `size` if `bytes` has so many bytes, else 0.
std::size_t ifWhole(std::size_t size, ByteView bytes) { return size <= bytes.size() ? size : 0; }

/// The size of a list: one byte has the number of items, and one byte before each item its length.
std::size_t listSize(ByteView bytes) {
  std::size_t at = 2, left = bigEndian(bytes.sub(1, 1));
  for (; left > 0 && at < bytes.size(); --left) at += 1 + bigEndian(bytes.sub(at, 1));
  return left == 0 ? ifWhole(at, bytes) : 0;
}

/// The size of a record of words: each has 4 bytes, and the last is zero.
std::size_t wordsSize(ByteView bytes) {
  for (std::size_t at = 1; at + 4 <= bytes.size(); at += 4)
    if (bigEndian(bytes.sub(at, 4)) == 0) return at + 4;
  return 0;
}

}  // namespace

std::size_t netstringSize(ByteView bytes) {
  std::size_t length = 0, at = 0;
  for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && length < bytes.size(); ++at)
    length = length * 10 + static_cast<std::size_t>(bytes[at] - '0');
  if (at == 0 || bytes.sub(at, 1) != ":" || bytes.sub(at + 1 + length, 1) != ",") return 0;
  return at + 1 + length + 1;
}

std::size_t intStringSize(ByteView bytes, std::size_t prefixLength) {
  return ifWhole(prefixLength + bigEndian(bytes.sub(0, prefixLength)), bytes);
}

std::size_t recordSize(ByteView bytes) {
  switch (bytes.empty() ? '\0' : bytes[0]) {
    case 'm': return ifWhole(3 + bigEndian(bytes.sub(1, 2)), bytes);
    case 'l': return listSize(bytes);
    case 'w': return wordsSize(bytes);
    case 'z': return ifWhole(3, bytes);
    case 'q': return 1;
    default: return 0;
  }
}

std::size_t netstringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord>) { return netstringSize(bytes); }

std::size_t intStringMessage(ByteView bytes, std::span<const fakes::ChoiceRecord> records) {
  const auto drawn = std::find_if(records.begin(), records.end(), [](const fakes::ChoiceRecord& each) {
    return each.entity == kWidth.entity && each.site == kWidth.site && each.index == 0;
  });
  const std::size_t choice = drawn == records.end() ? 0 : std::min<std::size_t>(drawn->value, std::size(kWidths) - 1);
  return intStringSize(bytes, kWidths[choice]);
}

std::size_t recordMessage(ByteView bytes, std::span<const fakes::ChoiceRecord>) { return recordSize(bytes); }

bool wholeLines(ByteView bytes) { return bytes.empty() || bytes.text().ends_with("\r\n"); }

bool wholeNetstrings(ByteView bytes) {
  std::size_t size = 0;
  while ((size = netstringSize(bytes)) != 0) bytes = bytes.sub(size);
  return bytes.empty();
}

bool wholeRecords(ByteView bytes) {
  std::size_t size = 0;
  while (bytes.sub(0, 1) == "m" && (size = recordSize(bytes)) != 0) bytes = bytes.sub(size);
  return bytes.empty();
}

}  // namespace teasel::targets
