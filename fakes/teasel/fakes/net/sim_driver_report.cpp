// What a SimDriver says of its slots to its world and to reports.
#include <algorithm>

#include <teasel/fakes/net/detail/sim_slot.hpp>
#include <teasel/fakes/net/sim_driver.hpp>

namespace teasel::fakes {

namespace {

using State = SimSlot::State;

}  // namespace

std::size_t SimDriver::overdueSlots() const noexcept {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [&](const auto& slot) {
    return slot->state == State::kLingering && slot->lingerUntil < network_.now();
  }));
}

std::size_t SimDriver::lingeringSlots() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->state == State::kLingering; }));
}

void SimDriver::endLingering() {
  for (const auto& slot : slots_) {
    if (slot->state != State::kLingering) continue;
    network_.close(*slot->stream, slot->side);
    release(*slot);
  }
}

void SimDriver::describe(std::vector<std::string>& lines) const {
  for (const auto& slot : slots_) {
    if (slot->state != State::kOpen && slot->state != State::kLingering) continue;
    std::string text = "stream " + slot->host().text() + " <-> " + slot->peer().text();
    if (slot->state == State::kLingering) text += ", closed, waits for the peer's end of stream";
    if (slot->left > 0) text += ", " + std::to_string(slot->left) + " bytes wait for the peer's window";
    if (!slot->reading && slot->in().available() > 0)
      text += ", " + std::to_string(slot->in().available()) + " bytes wait for reading";
    if (slot->in().inTransit() > 0) text += ", " + std::to_string(slot->in().inTransit()) + " bytes on their way";
    lines.push_back(std::move(text));
  }
}

void SimDriver::describeRemote(std::vector<std::string>& lines) const {
  if (openSlots() == 0) return;
  for (const auto& slot : slots_)
    if (slot->state == State::kOpen && slot->stream->side[1 - slot->side].id == kRemotePeer)
      lines.push_back("stream " + slot->host().text() + " <-> " + slot->peer().text() +
                      (slot->reading ? "" : ", reading paused"));
}

}  // namespace teasel::fakes
