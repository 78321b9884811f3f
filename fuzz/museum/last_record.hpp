#pragma once

#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: the last record is lost where the end of the stream comes with it. A collector stores
/// what has come in the next turn, so that it stores much at once. The end of a connection stops
/// that. The check: what a client sent before it closed is stored.
template <bool kFixed>
class LastRecord : public Protocol {
 public:
  LastRecord(fakes::World& world, Clock& clock) : world_(world), clock_(clock) {}

  void dataReceived(ByteView data) override {
    waiting_ += data.text();
    if (!store_.active()) store_ = clock_.callLater(Duration::zero(), [this] { waiting_.clear(); });
  }
  void connectionLost(const Failure& reason) override {
    const bool waits = store_.cancelIfActive();
    if (kFixed && waits) waiting_.clear();  // the fault: left out
    world_.check(waiting_.empty() || reason.check<ConnectionDone>() == nullptr, "record-lost");
  }

 private:
  fakes::World& world_;
  Clock& clock_;
  DelayedCall store_;
  std::string waiting_;  // to be stored
};

/// Sends one record and closes.
class SendsRecord : public Protocol {
  void connectionMade() override {
    transport().write("the door was opened\n");
    transport().loseConnection();
  }
};

}  // namespace teasel::museum
