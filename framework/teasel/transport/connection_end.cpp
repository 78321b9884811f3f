#include <teasel/transport/connection.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>

/// The last calls of a connection, and what it says of itself. They are apart from what every
/// delivery runs.

namespace teasel {

namespace {
constexpr Logger kLog("connection");
}  // namespace

void Connection::finish() {
  const std::shared_ptr<Connection> keep = std::move(self_);
  if (keep == nullptr) return;  // connectionLost was called already
  const std::shared_ptr<ConnectionOwner> owner = std::move(owner_);
  unlink();
  // Held here: if a verdict leaves connectionLost, connection and protocol must not go on holding
  // each other.
  std::shared_ptr<StreamProtocol> protocol = std::move(protocol_);
  // A callback may abandon the reactor. Then nobody hears anything more.
  const std::uint32_t life = reactor_->lives();
  const auto alive = [&] { return reactor_->lives() == life; };
  Failure failure;
  if (const std::shared_ptr<Producer> producer = pacer_.take();
      producer != nullptr && !guarded("stopProducing", failure, [&] { producer->stopProducing(); }))
    kLog.failure("exception out of stopProducing", failure);
  if (protocol != nullptr && alive() && !guarded("connectionLost", failure, [&] { protocol->connectionLost(reason_); }))
    kLog.failure("exception out of connectionLost", failure);
  protocol.reset();
  if (alive()) {
    if (made_) owner->connectionClosed(reason_);
    else owner->connectionFailed(reason_);
  }
  if (keep.use_count() > 1 && alive()) weakReactor_ = reactor_->weakHandle();
  reactor_ = nullptr;
}

void Connection::shutDown() {
  linger_ = Duration::zero();
  end(connectionLost(), CloseMode::kGraceful);
}

void Connection::abandon(std::vector<std::shared_ptr<void>>& remains) {
  sending_ = SendState::kClosed;
  receiving_ = ReceiveState::kClosed;
  slot_ = nullptr;
  freeOutput();
  resumedDue_ = writeLostDue_ = false;
  remains.push_back(pacer_.take());
  remains.push_back(std::exchange(protocol_, nullptr));
  remains.push_back(std::exchange(owner_, nullptr));
  remains.push_back(std::exchange(self_, nullptr));
  reactor_ = nullptr;
}

std::string Connection::describe() const {
  std::string text = made_ ? "connection " + host_.text() + " <-> " + peer_.text() : "connecting to " + peer_.text();
  if (pendingBytes() > 0) text += ", " + std::to_string(pendingBytes()) + " bytes to send";
  if (paused_) text += ", reading paused";
  if (pacer_.any()) {
    const Producer& producer = *pacer_.producer();
    text += ", producer " + detail::typeName(typeid(producer)) + (pacer_.paused() ? " (paused)" : "");
  }
  if (broken()) text += ", a send has failed";
  if (disconnecting()) text += ", closing";
  return text;
}

}  // namespace teasel
