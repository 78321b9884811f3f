#include <teasel/fakes/net/detail/sim_slot.hpp>

#include <utility>

#include <teasel/core/errors.hpp>

// What the network tells a slot, and how a slot lingers.

namespace teasel::fakes {

void SimSlot::roomAgain() {
  if (state != State::kLingering) {
    driver.markReady(*this);
    return;
  }
  lingerOn();
}

void SimSlot::established() {
  if (state != State::kConnecting) return;
  state = State::kOpen;
  connected = true;
  setAddresses(me().address, stream->side[1 - side].address);
  driver.network_.note(TraceKind::kConnected, *stream, side);
  driver.markReady(*this);
}

void SimSlot::refused(bool routed) {
  const Address& address = stream->side[1 - side].address;
  const std::string to = address.text();
  // Linux refuses an abstract name that nobody has.
  if (address.family() == Address::Family::kUnix && !routed && !address.abstract())
    error = Failure(UnknownHostError("cannot connect to " + to + ": there is no such file"), Site{});
  else
    error = routed || address.abstract() ? Failure(ConnectionRefusedError("nobody listens on " + to), Site{})
                                         : Failure(NoRouteError("no host of the world has the address of " + to), Site{});
  driver.markReady(*this);
}

void SimSlot::unanswered() {
  error = Failure(TimeoutError("nobody answered on " + stream->side[1 - side].address.text()), Site{});
  driver.markReady(*this);
}

void SimSlot::deadline() {
  driver.network_.note(TraceKind::kLingerEnd, *stream, side);
  driver.network_.close(*stream, side);
  driver.release(*this);
}

void SimSlot::offer(Stream& offered) {
  waiting.push_back(&offered);
  if (waiting.size() <= backlog) driver.network_.establish(offered);
  driver.markReady(*this);
}

void SimSlot::lingerOn() {
  // Two lingering ends make room for each other. They take turns in this loop; else they would call
  // each other ever deeper.
  lingerAgain = true;
  if (lingerBusy) return;
  lingerBusy = true;
  const std::uint32_t life = generation;
  while (generation == life && std::exchange(lingerAgain, false)) lingerStep();
  lingerBusy = lingerAgain = false;
}

void SimSlot::lingerStep() {
  if (me().wasReset || (me().sendsFail && left > 0)) {
    driver.network_.abort(*stream, side);
    driver.release(*this);
    return;
  }
  if (left > 0) driver.pushSegments(*this, left);
  if (const std::size_t unread = in().available(); unread > 0) driver.network_.consumed(*stream, side, unread);
  if (left > 0) return;
  driver.network_.finish(*stream, side);
  if (!in().atEnd()) return;
  driver.network_.close(*stream, side);
  driver.release(*this);
}

}  // namespace teasel::fakes
