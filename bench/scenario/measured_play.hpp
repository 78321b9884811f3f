#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/world/scenario.hpp>

namespace teasel::bench {

/// The Play with the bytes of each send delivered in pieces of at most so many; 0: as one piece.
/// Cuts of the Play itself are left out. Other events stay. Throws UsageError where that takes
/// more events than a Play has.
fakes::Play inPieces(const fakes::Play& play, std::size_t piece);

/// How many messages the connections of the Play send, by the scenario's messageSize. Bytes that
/// are no whole message count as one.
std::uint64_t messagesIn(const fakes::Play& play, fakes::MessageSize size);

}  // namespace teasel::bench
