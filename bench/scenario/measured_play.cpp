#include "measured_play.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <teasel/core/errors.hpp>

namespace teasel::bench {

using fakes::Play;
using fakes::PlayEvent;
using fakes::PlayEventKind;

fakes::Play inPieces(const Play& play, std::size_t piece) {
  static constexpr fakes::PlayLimits kRoomy{
      .events = 1u << 22, .bytes = 1u << 24, .connections = Play::kMaxConnections, .hosts = Play::kMaxHosts};
  Play made(kRoomy);
  made.setVersion(play.version());
  for (const PlayEvent& event : play.events()) {
    if (event.kind == PlayEventKind::kCut) continue;
    if (event.kind != PlayEventKind::kSend) {
      made.append(play, event);
      continue;
    }
    const ByteView bytes = play.bytes(event);
    const std::size_t size = piece == 0 ? bytes.size() : piece;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      if (piece != 0) made.cut(event.connection);
      made.send(event.connection, bytes.sub(at, std::min(size, bytes.size() - at)));
    }
  }
  if (made.dropped() != 0) throw UsageError("bench: in pieces of " + std::to_string(piece) + " the input has too many events");
  return made;
}

std::uint64_t messagesIn(const Play& play, fakes::MessageSize size) {
  std::array<std::string, Play::kMaxConnections> streams;
  for (const PlayEvent& event : play.events())
    if (event.kind == PlayEventKind::kSend) streams[event.connection] += play.bytes(event).text();
  std::uint64_t messages = 0;
  for (const std::string& stream : streams) {
    for (ByteView left(stream); !left.empty(); ++messages) {
      const std::size_t first = size(left, {});
      left = first == 0 || first >= left.size() ? ByteView() : left.sub(first, left.size() - first);
    }
  }
  return messages;
}

}  // namespace teasel::bench
