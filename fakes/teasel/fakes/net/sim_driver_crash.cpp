#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

#include <teasel/fakes/net/detail/sim_slot.hpp>
#include <teasel/fakes/net/sim_driver.hpp>

// What the kernel and the network make of a host that crashes.

namespace teasel::fakes {

void SimDriver::crash(CrashKind kind) {
  using State = SimSlot::State;
  down_ = true;
  network_.hostDown(host_, kind == CrashKind::kSilent);
  // Ports first, then streams by number: the order of slots_ depends on what ran before.
  std::vector<SimSlot*> open;
  for (const auto& slot : slots_)
    if (slot->state != State::kFree) open.push_back(slot.get());
  const auto order = [](const SimSlot* slot) {
    const bool port = slot->state == State::kListening;
    // UNIX ports have no number, and differ by their paths.
    return std::tuple(!port, port ? std::uint32_t{slot->host().port()} : slot->stream->number,
                      port ? std::string_view(slot->host().path()) : std::string_view());
  };
  std::sort(open.begin(), open.end(), [&](const SimSlot* a, const SimSlot* b) { return order(a) < order(b); });
  for (SimSlot* slot : open) {
    // It lingered, and the end of its other side on this host has released it.
    if (slot->state == State::kFree) continue;
    if (slot->state == State::kListening) dropPort(*slot, kind);
    else if (kind == CrashKind::kSilent) network_.vanish(*slot->stream, slot->side);
    else if (kind == CrashKind::kClose && slot->state != State::kConnecting) network_.close(*slot->stream, slot->side);
    else network_.abort(*slot->stream, slot->side);
    release(*slot);
  }
}

/// The port keeps its place in the order of listening. Who waits in its backlog sees the crash as
/// those do who were accepted; who waits behind the backlog asks again.
void SimDriver::dropPort(SimSlot& slot, CrashKind kind) {
  network_.abandonPort(slot, kind == CrashKind::kSilent);
  for (std::size_t i = 0; i < slot.waiting.size(); ++i) {
    if (kind != CrashKind::kSilent) network_.decline(*slot.waiting[i], i < slot.backlog);
    else if (i < slot.backlog) network_.vanish(*slot.waiting[i], 1);
    else network_.requestLost(*slot.waiting[i]);
  }
}

}  // namespace teasel::fakes
