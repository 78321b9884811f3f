#pragma once

/// The descriptors that ports of this process own: those that drivers made, and those that were
/// handed over to be listened on. Numbers come back, so without this list a descriptor that is
/// named twice could be one that somebody else has opened meanwhile. Any thread may ask.
namespace teasel::posix {

/// Adds `descriptor`. Returns false if a port owns it already.
bool ownForPort(int descriptor);
/// Call it before the descriptor is closed. Does nothing if no port owns it.
void disownForPort(int descriptor) noexcept;

}  // namespace teasel::posix
