#include <teasel/fakes/string_transport.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/core/pass_through.hpp>
#include <teasel/fakes/net/sim_threads.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/transport/connection.hpp>

namespace teasel::fakes {

/// Accepts the one connection and keeps the reason of its end.
class StringTransport::Owner final : public ConnectionOwner, public Acceptor, public std::enable_shared_from_this<Owner> {
 public:
  explicit Owner(std::shared_ptr<Protocol> made) noexcept : protocol(std::move(made)) {}

  StreamSink* onAccept(Slot* stream) override { return Connection::accept(*reactor, stream, shared_from_this()); }
  void onAcceptError(const Failure&) override {}
  std::shared_ptr<StreamProtocol> buildProtocol(const Address&) override { return protocol; }
  void connectionFailed(const Failure& why) override { reason = why; }
  void connectionClosed(const Failure& why) override { reason = why; }

  std::shared_ptr<Protocol> protocol;
  Reactor* reactor = nullptr;
  Failure reason;
};

StringTransport::StringTransport(std::shared_ptr<Protocol> protocol, SimDriver::Mode mode, std::size_t window)
    : protocol_(std::move(protocol)), owner_(std::make_shared<Owner>(protocol_)) {
  if (protocol_ == nullptr) throw UsageError("a StringTransport needs a protocol");
  trace_.setMode(Trace::Mode::kOff);
  auto driver = std::make_unique<SimDriver>(network_, mode);
  driver_ = driver.get();
  reactor_ = std::make_unique<Reactor>(std::move(driver));
  owner_->reactor = reactor_.get();
  reactor_->startRunning();
  Failure why;
  Slot* port = driver_->listen(Address::ipv4(0, 0, 0, 0, 1), ListenOptions{}, *owner_, why);
  network_.setWindow(window);
  far_ = std::make_unique<RemotePeer>(network_);
  far_->connect(0, 0);
  turnUntilQuiet();
  driver_->stopListening(port);
}

StringTransport::~StringTransport() {
  const teasel::detail::NoPassThrough last;
  try {
    far_->close();
    turnUntilQuiet();
    reactor_->shutdown();
  } catch (const std::exception& why) {
    leak_guard::report({Leftover::Kind::kFailure, std::string("a connection does not come to its end: ") + why.what(), Site{}});
  }
  for (const PendingCall& timer : reactor_->getDelayedCalls())
    leak_guard::report({Leftover::Kind::kTimer, "timer made at " + timer.site.text() + " outlives its connection", timer.site});
  reactor_.reset();
}

const Failure* StringTransport::lost() const noexcept { return owner_->reason ? &owner_->reason : nullptr; }

/// The first few things that keep the reactor busy, in brackets.
std::string StringTransport::whatIsOpen() const {
  constexpr std::size_t kShown = 4;
  const std::vector<std::string> open = reactor_->describeOpen();
  std::string text;
  for (std::size_t i = 0; i < std::min(open.size(), kShown); ++i) text += (i == 0 ? " (open: " : "; ") + open[i];
  if (open.size() > kShown) text += "; " + std::to_string(open.size() - kShown) + " more";
  return text.empty() ? text : text + ')';
}

void StringTransport::turnUntilQuiet() {
  const auto busy = [this] { return driver_->ready() || driver_->threads()->ready() || reactor_->nextWork() <= network_.now(); };
  for (std::size_t turns = 0; busy(); ++turns) {
    if (turns == kTurns)
      throw LimitExceeded("the number of turns of a StringTransport in one call" + whatIsOpen(), kTurns, turns + 1);
    reactor_->turn();
  }
}

void StringTransport::settle() { turnUntilQuiet(); }

void StringTransport::feed(ByteView bytes) {
  far_->send(bytes);
  turnUntilQuiet();
}

void StringTransport::feed(ByteView bytes, const ChunkPlan& plan) {
  // Each chunk gets a turn of its own, as from a peer that sends slowly.
  std::size_t fed = 0;
  plan.forEachChunk(bytes, [&](ByteView chunk) {
    far_->send(chunk);
    fed += chunk.size();
    if (fed == bytes.size() && plan.endsWithLast()) far_->endOfStream(true);
    turnUntilQuiet();
  });
}

void StringTransport::endOfStream() {
  far_->endOfStream();
  turnUntilQuiet();
}

void StringTransport::close() {
  far_->close();
  turnUntilQuiet();
}

void StringTransport::reset() {
  far_->reset();
  turnUntilQuiet();
}

void StringTransport::stopReading() { far_->stopReading(); }

void StringTransport::read(std::size_t count) {
  far_->read(count);
  turnUntilQuiet();
}

/// The earliest arrival, timer, end of a call in a thread, or end of a linger.
Instant StringTransport::nextDue() noexcept {
  return std::min({network_.nextDue(), reactor_->nextWork(), driver_->threads()->nextDue()});
}

void StringTransport::moveTo(Instant to) {
  network_.setNow(to);
  network_.deliverDue();
  turnUntilQuiet();
}

void StringTransport::advance(Duration by, Site site) {
  if (by < Duration::zero())
    throw NegativeDelay("advance(" + durationText(by) + ") at " + site.text() + ": time does not go back");
  const Instant until = by > kNever - network_.now() ? kNever : network_.now() + by;
  turnUntilQuiet();
  for (Instant next = nextDue(); next != kNever && next <= until; next = nextDue()) moveTo(next);
  if (until != kNever) network_.setNow(until);
  reactor_->turn();  // the reactor's clock shows the new time
}

void StringTransport::takeTime(Duration by, Site site) {
  if (by < Duration::zero())
    throw NegativeDelay("takeTime(" + durationText(by) + ") at " + site.text() + ": time does not go back");
  network_.takeTime(driver_->host(), by);
}

bool StringTransport::advanceToNext() {
  turnUntilQuiet();
  const Instant next = nextDue();
  if (next == kNever) return false;
  moveTo(next);
  reactor_->turn();  // the reactor's clock shows the new time
  return true;
}

}  // namespace teasel::fakes
