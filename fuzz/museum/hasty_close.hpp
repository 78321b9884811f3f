#pragma once

#include <algorithm>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a reply is cut short where the window is small. The server knows that a reply needs a
/// few turns of the loop to leave, waits for these, and then aborts the connection. A peer whose
/// kernel has little buffer takes the reply byte by byte.
template <bool kFixed>
class HastyClose : public Protocol {
 public:
  static constexpr int kTurns = 3;

  /// Sets `repliedAt` when it replies.
  HastyClose(Instant& repliedAt, Clock& clock) : repliedAt_(repliedAt), clock_(clock) {}

  void dataReceived(ByteView data) override {
    if (closes_ || std::find(data.begin(), data.end(), '\n') == data.end()) return;
    closes_ = true;
    repliedAt_ = clock_.now();
    transport().write("goodbye\n");
    if constexpr (kFixed) transport().loseConnection();
    else wait(kTurns);
  }
  void connectionLost(const Failure&) override { next_.cancelIfActive(); }

 private:
  void wait(int turns) {
    if (turns == 0) return transport().abortConnection();  // the fault
    next_ = clock_.callLater(Duration::zero(), [this, turns] { wait(turns - 1); });
  }

  Instant& repliedAt_;
  Clock& clock_;
  DelayedCall next_;
  bool closes_ = false;
};

}  // namespace teasel::museum
