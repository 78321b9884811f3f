#pragma once

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a forgotten timer fires after the close. A request is a line and must be complete in
/// time; a timer sees to that. The end of the request cancels the timer, and the end of the
/// connection does not. Vert.x had this fault (vertx-web 2727).
template <bool kFixed>
class LateTimer : public Protocol {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(30);

  explicit LateTimer(Clock& clock) : clock_(clock) {}

  void dataReceived(ByteView data) override {
    for (const char byte : data) {
      if (byte == '\n') {
        timeout_.cancelIfActive();
        transport().write("done\n");
      } else if (!timeout_.active()) {
        timeout_ = clock_.callLater(kPatience, [this, self = shared_from_this()] { giveUp(); });
      }
    }
  }
  void connectionLost(const Failure&) override {
    if constexpr (kFixed) timeout_.cancelIfActive();  // the fault: left out
  }

 private:
  void giveUp() {
    transport().write("too slow\n");
    transport().loseConnection();
  }

  Clock& clock_;
  DelayedCall timeout_;
};

}  // namespace teasel::museum
