#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace teasel::soak {

/// A fault that is planted, so that a test sees that the soak finds it.
enum class Fault : std::uint8_t {
  kNone,
  kFlip,            ///< one byte of a stream arrives changed
  kDropAtCut,       ///< the first byte behind a cut does not arrive
  kShort,           ///< the last byte of a stream does not arrive, and the end does
  kLostTwice,       ///< connectionLost is called twice
  kMadeTwice,       ///< connectionMade is called twice
  kStuck,           ///< a connection pauses and never resumes
  kLeakConnection,  ///< a connection is never ended
  kLeakDescriptor,  ///< a descriptor is not closed
  kLeakTimer,       ///< a timer is left
  kLeakMemory,      ///< memory is kept in the second half
};

struct FaultName {
  Fault fault;
  std::string_view name;
};
inline constexpr FaultName kFaultNames[] = {
    {Fault::kNone, "none"},
    {Fault::kFlip, "flip"},
    {Fault::kDropAtCut, "drop-at-cut"},
    {Fault::kShort, "short"},
    {Fault::kLostTwice, "lost-twice"},
    {Fault::kMadeTwice, "made-twice"},
    {Fault::kStuck, "stuck"},
    {Fault::kLeakConnection, "leak-connection"},
    {Fault::kLeakDescriptor, "leak-descriptor"},
    {Fault::kLeakTimer, "leak-timer"},
    {Fault::kLeakMemory, "leak-memory"},
};

}  // namespace teasel::soak
