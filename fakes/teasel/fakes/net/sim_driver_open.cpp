#include <string_view>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/net/detail/bind_address.hpp>
#include <teasel/fakes/net/detail/sim_slot.hpp>
#include <teasel/fakes/net/sim_driver.hpp>

// How a SimDriver listens and connects.

namespace teasel::fakes {

namespace {

using State = SimSlot::State;

SimSlot& slotOf(Slot* slot) noexcept { return static_cast<SimSlot&>(*slot); }

/// Why listening failed.
std::string_view wordOf(ListenResult result, bool unixSocket) noexcept {
  switch (result) {
    case ListenResult::kPortTaken: return unixSocket ? "the address is in use" : "the port is taken";
    case ListenResult::kDrawnFault: return "a fault was drawn (faultListen)";
    case ListenResult::kNoSocket: return "a file that is no socket is there";
    case ListenResult::kLocked: return "a living process holds the lock";
    case ListenResult::kListening: break;
  }
  return "nothing is wrong";
}

}  // namespace

Slot* SimDriver::listen(const Address& at, const ListenOptions& options, Acceptor& acceptor, Failure& why) {
  const bool unixSocket = at.family() == Address::Family::kUnix;
  if (!unixSocket && !Network::ownAddress(host_, at)) {
    why = Failure(CannotListenError("cannot listen on " + at.text() + ": not an address of this host"), Site{});
    return nullptr;
  }
  if (down_) {
    why = Failure(CannotListenError("cannot listen on " + at.text() + ": the host is down"), Site{});
    return nullptr;
  }
  SimSlot& slot = makeSlot();
  Address bound = at;
  const ListenResult result =
      unixSocket ? network_.listenUnix(host_, at, options.wantPID, slot) : network_.listen(host_, bound, slot);
  if (result != ListenResult::kListening) {
    why = Failure(CannotListenError("cannot listen on " + at.text() + ": " + std::string(wordOf(result, unixSocket))), Site{});
    free_.push_back(&slot);
    return nullptr;
  }
  slot.state = State::kListening;
  slot.acceptor = &acceptor;
  slot.backlog = options.backlog < 0 ? 0 : static_cast<std::size_t>(options.backlog);
  slot.setAddresses(bound, Address());
  return &slot;
}

void SimDriver::stopListening(Slot* port) {
  SimSlot& slot = slotOf(port);
  network_.stopListening(slot);
  for (std::size_t i = 0; i < slot.waiting.size(); ++i) network_.decline(*slot.waiting[i], i < slot.backlog);
  release(slot);
}

Slot* SimDriver::connect(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  if (down_) throw UsageError("cannot connect to " + to.text() + ": the host is down");
  if (to.family() == Address::Family::kUnix) return connectUnix(to, options, sink);
  SimSlot& slot = makeSlot();
  slot.state = State::kConnecting;
  slot.sink = &sink;
  slot.side = 0;
  slot.setAddresses(options.bind, to);
  network_.connect(host_, to, options.bind, slot, slot.stream);
  if (!detail::mayConnectFrom(host_, options.bind, to)) {
    const char* why =
        Network::ownAddress(host_, options.bind) ? ": an address of another family" : ": not an address of this host";
    slot.error = Failure(ConnectBindError("cannot connect to " + to.text() + " from " + options.bind.text() + why), Site{});
    markReady(slot);
  }
  return &slot;
}

Slot* SimDriver::connectUnix(const Address& to, const ConnectOptions& options, StreamSink& sink) {
  SimSlot& slot = makeSlot();
  slot.state = State::kConnecting;
  slot.sink = &sink;
  slot.side = 0;
  slot.setAddresses(Address::unixPath(""), to);
  const bool mayConnect = !options.checkPID || network_.unixNames().locked(host_, to);
  network_.connectUnix(host_, to, mayConnect, slot, slot.stream);
  if (!mayConnect) {
    slot.error = Failure(BadFileError("cannot connect to " + to.text() + ": no living process holds its lock"), Site{});
    markReady(slot);
  }
  return &slot;
}

}  // namespace teasel::fakes
