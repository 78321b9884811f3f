#pragma once

#include <chrono>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: a reply that comes after its time-out is taken for the reply to the next question. The
/// client asks three questions, waits for a second each time, and goes on. On a network without
/// delays every reply is in time. The check: a reply is about the question that was asked.
template <bool kFixed>
class LateReply : public LineReceiver {
 public:
  static constexpr int kQuestions = 3;
  static constexpr Duration kPatience = std::chrono::seconds(1);

  LateReply(fakes::World& world, Clock& clock) : world_(world), clock_(clock) {}

  void connectionMade() override { ask(); }
  void lineReceived(std::string_view line) override {
    const bool about = line == std::to_string(question_);
    if (kFixed && !about) return;  // the fault: left out
    world_.check(about, "wrong-reply");
    ask();
  }
  void connectionLost(const Failure&) override { timeout_.cancelIfActive(); }

 private:
  void ask() {
    timeout_.cancelIfActive();
    if (++question_ > kQuestions) return transport().loseConnection();
    sendLine(std::to_string(question_));
    timeout_ = clock_.callLater(kPatience, [this] { ask(); });
  }

  fakes::World& world_;
  Clock& clock_;
  DelayedCall timeout_;
  int question_ = 0;
};

/// Repeats every line.
class Repeats : public LineReceiver {
  void lineReceived(std::string_view line) override { sendLine(line); }
};

}  // namespace teasel::museum
