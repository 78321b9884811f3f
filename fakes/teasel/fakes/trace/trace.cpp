#include <teasel/fakes/trace/trace.hpp>

#include <algorithm>

#include <teasel/fakes/play/limits.hpp>

namespace teasel::fakes {

namespace {

std::uint64_t load64(const char* at) noexcept {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

std::string partyName(std::uint8_t party) { return party == kRemotePeer ? "peer" : "host" + std::to_string(party); }

}  // namespace

std::uint64_t detail::hashBytes(ByteView bytes) noexcept {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  // Two lanes, so that multiplications of long inputs overlap.
  std::uint64_t a = left * 0xD6E8'FEB8'6659'FD93ull, b = ~a;
  for (; left > 16; left -= 16, at += 16) a = mixHash(a, load64(at)), b = mixHash(b, load64(at + 8));
  if (left >= 8) {
    // The last 8 to 16 bytes are two words that may overlap. That loses nothing, because the length
    // is in the hash already.
    a = mixHash(a, load64(at));
    b ^= load64(at + left - 8);
  } else {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < left; ++i) last = last << 8 | static_cast<unsigned char>(at[i]);
    b ^= last;
  }
  return mixHash(a * 0x9FB2'1C65'1E98'DF25ull, b);  // not a ^ b: the lanes begin as complements
}

const char* name(TraceKind kind) noexcept {
  switch (kind) {
    case TraceKind::kListen: return "listen";
    case TraceKind::kListenEnd: return "listen-end";
    case TraceKind::kConnect: return "connect";
    case TraceKind::kConnected: return "connected";
    case TraceKind::kAccepted: return "accepted";
    case TraceKind::kRefused: return "refused";
    case TraceKind::kArrive: return "arrive";
    case TraceKind::kArriveEnd: return "arrive-end";
    case TraceKind::kWrite: return "write";
    case TraceKind::kWriteEnd: return "write-end";
    case TraceKind::kClose: return "close";
    case TraceKind::kAbort: return "abort";
    case TraceKind::kResetSeen: return "reset-seen";
    case TraceKind::kBlocked: return "blocked";
    case TraceKind::kReading: return "reading";
    case TraceKind::kCut: return "cut";
    case TraceKind::kDrawnCut: return "drawn-cut";
    case TraceKind::kShortWrite: return "short-write";
    case TraceKind::kDelay: return "delay";
    case TraceKind::kTime: return "time";
    case TraceKind::kApp: return "app";
    case TraceKind::kEnding: return "ending";
    case TraceKind::kChainFailed: return "chain-failed";
    case TraceKind::kChainUnfired: return "chain-unfired";
    case TraceKind::kException: return "exception";
    case TraceKind::kVerdict: return "verdict";
    case TraceKind::kHostStarted: return "host-started";
    case TraceKind::kHostStopped: return "host-stopped";
    case TraceKind::kSkipped: return "skipped";
    case TraceKind::kLingerEnd: return "linger-end";
    case TraceKind::kThread: return "thread";
    case TraceKind::kSlow: return "slow";
    case TraceKind::kUser: return "user";
  }
  return "?";
}

void Trace::keep(Duration at, TraceKind kind, std::uint32_t connection, std::uint8_t party, std::uint8_t peer,
                 std::uint64_t number, ByteView bytes) {
  if (events_.size() >= kEventsKept) return;
  const std::size_t offset = bytes_.size();
  const std::size_t kept = std::min(bytes.size(), kBytesKept - offset);
  if (kept > 0) {
    bytes_.resize(offset + kept);
    std::memcpy(bytes_.data() + offset, bytes.data(), kept);
  }
  events_.push_back({at.count(), number, hash_, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(kept),
                     static_cast<std::uint32_t>(bytes.size()), connection, kind, party, peer});
}

std::string Trace::line(const TraceEvent& event) const {
  std::string out = "t=" + shown(Duration(event.at)) + ' ' + partyName(event.party) + ' ' + name(event.kind);
  if (event.connection != kNoConnection) out += " connection " + std::to_string(event.connection);
  if (event.number != 0) out += " number " + std::to_string(event.number);
  if (event.size > 0) out += " \"" + escaped(bytes(event), 60) + "\" (" + std::to_string(event.size) + " bytes)";
  return out;
}

std::string Trace::text() const {
  std::string out;
  for (const TraceEvent& event : events_) out += line(event) + '\n';
  return out;
}

std::size_t Trace::firstDifference(const Trace& a, const Trace& b) noexcept {
  // The hashes are rolling: after the first difference all later hashes differ, too. So halving
  // finds it.
  const std::size_t common = std::min(a.events_.size(), b.events_.size());
  std::size_t low = 0, high = common;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (a.events_[middle].hash == b.events_[middle].hash) low = middle + 1;
    else high = middle;
  }
  return low < common || a.events_.size() != b.events_.size() ? low : npos;
}

}  // namespace teasel::fakes
