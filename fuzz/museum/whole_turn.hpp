#pragma once

#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: what has arrived when the turn is over is taken for the whole reading. A device sends
/// each reading in one piece. The reader knows that a piece may be cut in two, and collects what
/// comes until the loop has nothing more. A piece may also be cut over several turns. The check: a
/// reading is taken whole.
template <bool kFixed>
class WholeTurn : public Protocol {
 public:
  static constexpr std::string_view kReading = "21.5 degrees\n";

  WholeTurn(fakes::World& world, Clock& clock) : world_(world), clock_(clock) {}

  void dataReceived(ByteView data) override {
    reading_ += data.text();
    if (!turnOver_.active()) turnOver_ = clock_.callLater(Duration::zero(), [this] { take(); });
  }
  void connectionLost(const Failure&) override { turnOver_.cancelIfActive(); }

 private:
  void take() {
    if constexpr (kFixed) {  // the fault: left out
      if (!reading_.ends_with('\n')) return;
    }
    world_.check(reading_ == kReading, "half-a-reading");
    reading_.clear();
  }

  fakes::World& world_;
  Clock& clock_;
  DelayedCall turnOver_;
  std::string reading_;
};

}  // namespace teasel::museum
