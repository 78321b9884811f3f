#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace teasel::fakes {

/// n in d.
struct Ratio {
  std::uint32_t n = 0;
  std::uint32_t d = 1;
};

/// The faults of a world. Most of them are off until a scenario turns them on, or until the climate
/// of a run brings them (climate.hpp). kFaults has a row for each member.
struct Faults {
  Ratio reset{0, 1};      ///< of what enters a stream
  Ratio refuse{0, 1};     ///< of connection attempts
  Ratio listen{0, 1};     ///< of listens
  bool latency = true;    ///< delays of up to 2 s
  bool stalls = false;    ///< a stream stands still for 0.2 to 1.6 s
  bool windows = false;   ///< windows from 64 KiB down to one byte
  bool slow = false;      ///< callbacks take up to 2 s
  Ratio partition{0, 1};  ///< of what enters a stream: it cuts the link for a while
  Ratio crash{0, 1};      ///< of the turns of a host that has a start function (Host::onStart)
  Ratio names{0, 1};      ///< of the names that a host looks up
};

/// A member of Faults.
class FaultSwitch {
 public:
  /// Of no fault. It is for tables only, and must not be turned on.
  constexpr FaultSwitch() noexcept = default;
  constexpr FaultSwitch(Ratio Faults::* ratio) noexcept : ratio_(ratio) {}
  constexpr FaultSwitch(bool Faults::* flag) noexcept : flag_(flag) {}
  constexpr bool isOn(const Faults& faults) const noexcept { return ratio_ != nullptr ? (faults.*ratio_).n != 0 : faults.*flag_; }
  constexpr bool isRatio() const noexcept { return ratio_ != nullptr; }
  /// Turns a flag on. A ratio becomes this one, unless it is higher already.
  constexpr void turnOn(Faults& faults, Ratio ratio = {1, 8}) const noexcept {
    if (ratio_ == nullptr) faults.*flag_ = true;
    else if (std::uint64_t{(faults.*ratio_).n} * ratio.d < std::uint64_t{ratio.n} * (faults.*ratio_).d) faults.*ratio_ = ratio;
  }
  friend constexpr bool operator==(const FaultSwitch&, const FaultSwitch&) = default;

 private:
  Ratio Faults::* ratio_ = nullptr;
  bool Faults::* flag_ = nullptr;
};

struct FaultRow {
  std::string_view name;  ///< of the member of Faults
  FaultSwitch control;
  std::string_view standsFor;  ///< the event of a kernel or network
};

/// The table of faults. A new fault is a member of Faults, a row here, a site with a row in
/// kChoiceSites, and the draw in the code that performs it.
inline constexpr FaultRow kFaults[] = {
    {"reset", &Faults::reset, "a middlebox or a crashed peer resets the connection: both ends see it"},
    {"refuse", &Faults::refuse, "a full backlog or a firewall answers a connection attempt with a reset"},
    {"listen", &Faults::listen, "bind fails, because another process has the port"},
    {"latency", &Faults::latency, "the wire delays what is sent, by 1 us to 2 s"},
    {"stalls", &Faults::stalls, "a packet is lost, and the stream stands still until it comes again"},
    {"windows", &Faults::windows, "the receiver's kernel has little buffer"},
    {"slow", &Faults::slow, "a callback works or blocks for 1 ms to 2 s, or the machine is busy with something else"},
    {"partition", &Faults::partition,
     "a cable, a switch or a route fails: two parties do not hear each other for 10 ms to 1000 s"},
    {"crash", &Faults::crash, "a process dies or a machine loses its power; it starts anew at once, or up to an hour later"},
    {"names", &Faults::names, "the name servers fail, and a host name is not resolved"},
};

/// What a decision is about, by number. Tapes name sites, and fuzzer inputs number them. So names
/// and numbers never change, and a new site gets a new number. Sites of users begin at kUserSites.
/// Number 11 is free: kShortWrite and kWritten decide in which turn connectionLost follows
/// loseConnection.
enum class ChoiceSite : std::uint16_t {
  kCut = 1,
  kShortWrite = 2,
  kLatency = 3,
  kReadyOrder = 4,
  kHostOrder = 5,
  kAcceptOrder = 6,
  kEofWithLast = 7,
  kTimerTie = 8,
  kPlayEnding = 9,
  kDeliveries = 10,
  kPausedReset = 12,
  kPort = 13,
  kWindow = 14,
  kStall = 15,
  kFaultReset = 16,
  kFaultRefuse = 17,
  kFaultListen = 18,
  kWakeups = 19,
  kWritten = 20,
  kChunkPlan = 21,
  kOverlap = 22,
  kThread = 23,
  kResetWhilePaused = 24,
  kResetOrder = 25,
  kSlow = 26,
  kFaultPartition = 27,
  kPartitionTime = 28,
  kFaultCrash = 29,
  kCrashKind = 30,
  kDownTime = 31,
  kPlayLength = 32,
  kPlayEvent = 33,
  kPlayOperand = 34,
  kPlayBytes = 35,
  kNameDelay = 36,
  kNameOrder = 37,
  kFaultNames = 38,
  kClimateSeed = 39,
  kCompletion = 40,
  kFaultKind = 41,
  kFaultRatio = 42,
};
inline constexpr std::uint16_t kUserSites = 0x100;

/// Who decides at a site. This says how the entities in the keys of the site are numbered.
enum class Decider : std::uint8_t {
  kWorld,      ///< entity 0
  kHost,       ///< a host, by number
  kDirection,  ///< one direction of a stream, by its sender: kPlayEntities, kStreamEntities
  kPlay,       ///< a connection of the Play as sender: kPlayEntities
  kDraw,       ///< an event of Play::draw, by number; 0 the Play as a whole
  kFault,      ///< a kind of fault, by its row in kFaults
  kRecords,    ///< no world draws it: a record says where values without one come from
  kTest,       ///< a test; no world draws it
};
/// Connection k of a Play sends as entity kPlayEntities + 2k and receives as the one after it.
inline constexpr std::uint32_t kPlayEntities = 0x100;
/// In stream n between hosts, the side that connected sends as entity kStreamEntities + 2n, and the
/// other one as the one after it.
inline constexpr std::uint32_t kStreamEntities = 0x1000;

/// Whether a decider of this kind may have this number.
constexpr bool canBe(Decider decider, std::uint32_t entity) noexcept {
  switch (decider) {
    case Decider::kWorld:
    case Decider::kRecords: return entity == 0;
    case Decider::kFault: return entity < std::size(kFaults);
    case Decider::kHost: return entity < kPlayEntities;
    case Decider::kDirection: return entity >= kPlayEntities;
    case Decider::kPlay: return entity >= kPlayEntities && entity < kStreamEntities && entity % 2 == 0;
    case Decider::kDraw:
    case Decider::kTest: return true;
  }
  return false;
}

struct ChoiceSiteRow {
  ChoiceSite site;
  std::string_view name;
  std::string_view decides;
  std::string_view zero;  ///< what 0 means: always the benign choice
  Decider decider;
  std::optional<FaultSwitch> fault = std::nullopt;  ///< it is drawn only where this is on
  /// Plays of this version and later do not draw it (Play::version).
  unsigned retiredIn = ~0u;
};

/// The table of choice sites.
inline constexpr ChoiceSiteRow kChoiceSites[] = {
    {ChoiceSite::kCut, "cut", "size of the next delivered chunk", "all that is queued", Decider::kDirection},
    {ChoiceSite::kShortWrite, "shortWrite", "how much of a write the transport takes at once", "all", Decider::kDirection},
    {ChoiceSite::kLatency, "latency", "delay of what enters a stream", "none", Decider::kDirection, &Faults::latency},
    {ChoiceSite::kReadyOrder, "readyOrder", "priority of a ready event among those of one instant", "first in, first out",
     Decider::kDirection},
    {ChoiceSite::kHostOrder, "hostOrder", "which reactor goes first at one instant", "the first one made", Decider::kWorld},
    {ChoiceSite::kAcceptOrder, "acceptOrder", "which of several waiting connections is accepted first", "the first one",
     Decider::kHost},
    {ChoiceSite::kEofWithLast, "eofWithLast", "whether end of stream shares a turn with the last bytes", "no",
     Decider::kDirection},
    {ChoiceSite::kTimerTie, "timerTie", "arrival against timer at one instant", "arrival first", Decider::kHost},
    {ChoiceSite::kPlayEnding, "playEnding", "how a Play that names no ending ends", "half-close, then timers", Decider::kWorld},
    {ChoiceSite::kDeliveries, "deliveries", "how many deliveries a connection gets in one turn", "as many as there are",
     Decider::kDirection},
    {ChoiceSite::kPausedReset, "pausedReset", "only in Plays of version 1: whether a paused connection notices a reset", "yes",
     Decider::kDirection, std::nullopt, 2},
    {ChoiceSite::kPort, "port", "which free port an ephemeral bind gets", "the next one", Decider::kWorld},
    {ChoiceSite::kWindow, "window", "size of a stream's window", "the default", Decider::kDirection, &Faults::windows},
    {ChoiceSite::kStall, "stall", "how long a stream stands still", "not at all", Decider::kDirection, &Faults::stalls},
    {ChoiceSite::kFaultReset, "faultReset", "a reset that nobody asked for", "no", Decider::kDirection, &Faults::reset},
    {ChoiceSite::kFaultRefuse, "faultRefuse", "a connect that is refused", "no", Decider::kDirection, &Faults::refuse},
    {ChoiceSite::kFaultListen, "faultListen", "a listen that fails", "no", Decider::kHost, &Faults::listen},
    {ChoiceSite::kWakeups, "wakeups", "a reactor's wait returns, and nothing has happened", "no", Decider::kHost},
    {ChoiceSite::kWritten, "written", "how many turns late a completion-shaped write is reported", "none", Decider::kDirection},
    {ChoiceSite::kChunkPlan, "chunkPlan", "where ChunkPlan::drawn cuts; its numbers are no choices of a run", "does not apply",
     Decider::kTest},
    {ChoiceSite::kOverlap, "overlap", "whether the Play's next event comes before the hosts could react to the last", "no",
     Decider::kPlay},
    {ChoiceSite::kThread, "thread", "how long a call in a thread takes", "no time", Decider::kHost},
    {ChoiceSite::kResetWhilePaused, "resetWhilePaused", "when a paused connection is told of a reset",
     "when it reads again, after the bytes that arrived before", Decider::kDirection},
    {ChoiceSite::kResetOrder, "resetOrder", "whether a reset overtakes bytes that arrived before it",
     "no: the bytes are delivered first", Decider::kDirection},
    {ChoiceSite::kSlow, "slow",
     "how long the host works after the callbacks of a connection, or in a turn without such callbacks", "no time",
     Decider::kHost, &Faults::slow},
    {ChoiceSite::kFaultPartition, "faultPartition", "a link that breaks down", "no", Decider::kDirection, &Faults::partition},
    {ChoiceSite::kPartitionTime, "partitionTime", "for how long a link breaks down", "100 ms", Decider::kDirection,
     &Faults::partition},
    {ChoiceSite::kFaultCrash, "faultCrash", "a host that crashes after a turn", "no", Decider::kHost, &Faults::crash},
    {ChoiceSite::kCrashKind, "crashKind", "what the peers of a host that crashes see", "resets at once", Decider::kHost},
    {ChoiceSite::kDownTime, "downTime", "for how long a host is down after a drawn crash", "no time", Decider::kHost,
     &Faults::crash},
    {ChoiceSite::kPlayLength, "playLength", "how many events Play::draw makes", "none but a connect", Decider::kDraw},
    {ChoiceSite::kPlayEvent, "playEvent", "which event Play::draw makes", "a send", Decider::kDraw},
    {ChoiceSite::kPlayOperand, "playOperand", "connection and operands of an event of Play::draw", "0", Decider::kDraw},
    {ChoiceSite::kPlayBytes, "playBytes", "the bytes of a send of Play::draw", "'a'", Decider::kDraw},
    {ChoiceSite::kNameDelay, "nameDelay", "how long the answer about the name of a host takes", "no time", Decider::kHost,
     &Faults::latency},
    {ChoiceSite::kNameOrder, "nameOrder", "which address of a name comes first; the others follow in a circle",
     "the one that is written first", Decider::kHost},
    {ChoiceSite::kFaultNames, "faultNames", "a host name that is not resolved", "no", Decider::kHost, &Faults::names},
    {ChoiceSite::kClimateSeed, "climateSeed", "the seed of all choices of the world that have no record", "they are 0",
     Decider::kRecords},
    {ChoiceSite::kCompletion, "completion", "whether drivers work by completions, as io_uring does", "by readiness",
     Decider::kWorld},
    {ChoiceSite::kFaultKind, "faultKind", "whether a kind of fault exists in this run", "as the scenario says", Decider::kFault},
    {ChoiceSite::kFaultRatio, "faultRatio", "how often a fault comes that exists in this run", "once in 8", Decider::kFault},
};

/// The row of a site. Null for sites of users, and for numbers without a name.
constexpr const ChoiceSiteRow* choiceSiteRow(std::uint16_t site) noexcept {
  for (const ChoiceSiteRow& row : kChoiceSites)
    if (static_cast<std::uint16_t>(row.site) == site) return &row;
  return nullptr;
}
/// Whether Play::draw draws it. A record of such a site means nothing where the Play is written
/// out.
constexpr bool drawsPlay(std::uint16_t site) noexcept {
  const ChoiceSiteRow* row = choiceSiteRow(site);
  return row != nullptr && row->decider == Decider::kDraw;
}
/// Whether a world with these faults may draw it in a Play of the newest version.
constexpr bool drawnInWorld(const ChoiceSiteRow& row, const Faults& faults) noexcept {
  return row.decider != Decider::kDraw && row.decider != Decider::kTest && row.decider != Decider::kRecords &&
         row.retiredIn == ~0u && (!row.fault || row.fault->isOn(faults));
}

/// The name of a site: "cut", "shortWrite" and so on. Sites of users are "user.N", where N is the
/// number less kUserSites. Numbers without a name are "site.N".
std::string siteName(std::uint16_t site);
/// The number of a site by its name. Nothing for text that is no name of siteName.
std::optional<std::uint16_t> siteByName(std::string_view name);

}  // namespace teasel::fakes
