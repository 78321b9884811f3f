#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include <rapidcheck/Gen.h>

#include <teasel/fakes/play/chunk_plan.hpp>
#include <teasel/rapidcheck/pass_through.hpp>

/// Generators of what protocols meet, for properties written with RapidCheck. Everything that they
/// make shrinks towards what is read most easily, and prints as what a test would write.
namespace teasel::rapidcheck {

/// What byteStrings makes.
struct ByteShape {
  std::size_t longest = 64;             ///< bytes
  std::vector<std::string> words = {};  ///< what the protocol says ("PING", "\r\n"): put in whole
};

/// Bytes as protocols meet them: letters, digits, and what text protocols separate with (CR, LF,
/// NUL, colon, comma, space) come often, any byte now and then. Shrinks by leaving bytes out, then
/// towards 'a'.
rc::Gen<std::string> byteStrings(const ByteShape& shape = {});

/// What messages makes.
struct MessageShape {
  /// bytes of a message; this very length, and one byte less, come often enough
  std::size_t longest = 64;
  std::size_t most = 8;  ///< messages
  /// What separates them on the wire: a message that would end elsewhere because of it is not made.
  /// Empty: any bytes.
  std::string delimiter = {};
};

/// Messages for a framing protocol: contents without their frames. Shrinks by leaving messages out,
/// then bytes.
rc::Gen<std::vector<std::string>> messages(const MessageShape& shape = {});

/// Ways to cut `bytes` bytes into deliveries: whole, bytewise, one cut, equal pieces, cuts here and
/// there; some with the end of stream in the turn of the last bytes. Shrinks towards one delivery.
rc::Gen<fakes::ChunkPlan> chunkPlans(std::size_t bytes);

}  // namespace teasel::rapidcheck

namespace teasel::fakes {
/// RapidCheck's hook: the plan as an expression that makes it.
void showValue(const ChunkPlan& plan, std::ostream& out);
}  // namespace teasel::fakes
