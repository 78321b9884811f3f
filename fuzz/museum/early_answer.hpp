#pragma once

#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: a client refuses an answer to a question that it has not sent yet, as it thinks. A
/// driver that works by readiness has always reported a write before its answer arrives. One that
/// works by completions may report it later: the two are completions of their own. The check: an
/// answer to the question is taken.
template <bool kFixed>
class EarlyAnswer : public LineReceiver {
 public:
  explicit EarlyAnswer(fakes::World& world) : world_(world) {}

  void connectionMade() override { sendLine("how late is it?"); }
  void lineReceived(std::string_view) override {
    bool refused = false;
    if constexpr (!kFixed) refused = transport().pendingBytes() > 0;  // the fault
    world_.check(!refused, "answer-refused");
    transport().loseConnection();
  }

 private:
  fakes::World& world_;
};

}  // namespace teasel::museum
