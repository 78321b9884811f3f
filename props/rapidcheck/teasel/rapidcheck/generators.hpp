#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include <rapidcheck/Gen.h>

#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

/// Generators for properties written with RapidCheck: they make what protocols meet. Values shrink
/// towards what is easiest to read, and print as a test would write them.
namespace teasel::rapidcheck {

/// What byteStrings makes.
struct ByteShape {
  std::size_t longest = 64;             ///< bytes
  std::vector<std::string> words = {};  ///< words of the protocol ("PING", "\r\n"): put in whole
};

/// Bytes as protocols meet them. Letters, digits and separators of text protocols (CR, LF, NUL,
/// colon, comma, space) come often, any other byte now and then. Shrinking leaves bytes out, then
/// makes bytes into 'a'.
rc::Gen<std::string> byteStrings(const ByteShape& shape = {});

/// What messages makes.
struct MessageShape {
  /// Bytes of a message. This length, and one byte less, come often.
  std::size_t longest = 64;
  std::size_t most = 8;  ///< messages
  /// What separates messages on the wire. No message is made that would end elsewhere because of
  /// it. Empty: messages have any bytes.
  std::string delimiter = {};
};

/// Messages for a framing protocol: contents without their frames. Shrinking leaves messages out,
/// then bytes.
rc::Gen<std::vector<std::string>> messages(const MessageShape& shape = {});

/// Ways to cut `bytes` bytes into deliveries: whole, bytewise, one cut, equal pieces, random cuts.
/// Some have the end of stream in the turn of the last bytes. They shrink towards one delivery.
rc::Gen<fakes::ChunkPlan> chunkPlans(std::size_t bytes);

}  // namespace teasel::rapidcheck

namespace teasel::fakes {
/// Hook of RapidCheck: prints the C++ expression that makes the plan.
void showValue(const ChunkPlan& plan, std::ostream& out);
}  // namespace teasel::fakes
