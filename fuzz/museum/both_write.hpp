#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// After how long the two look whether all was sent, and look again: ever more seldom.
inline constexpr Duration kFirstLook{}, kLastLook = std::chrono::minutes(1);
inline Duration lookAgain(Duration after) { return std::clamp<Duration>(after * 2, std::chrono::milliseconds(1), kLastLook); }

/// Exhibit: a client sends all its questions before it reads the first answer. The server reads no
/// further while an answer waits to be sent. Where windows are small, each waits for the other. The
/// check, when all is quiet: every question has its answer.
template <bool kFixed>
class BothWrite : public Protocol {
 public:
  static constexpr std::size_t kQuestions = 200;

  BothWrite(Clock& clock, bool& waits) : clock_(clock), waits_(waits) {}

  void connectionMade() override {
    waits_ = true;
    transport().write(std::string(kQuestions, '?'));
    if constexpr (!kFixed) {  // the fault
      transport().pauseProducing();
      look(kFirstLook);
    }
  }
  void dataReceived(ByteView data) override {
    answers_ += data.size();
    waits_ = answers_ < kQuestions;
  }
  void connectionLost(const Failure&) override {
    look_.cancelIfActive();
    waits_ = false;
  }

 private:
  /// Reads when everything was sent.
  void look(Duration after) {
    look_ = clock_.callLater(after, [this, after] {
      if (transport().pendingBytes() > 0) return look(lookAgain(after));
      transport().resumeProducing();
    });
  }

  Clock& clock_;
  bool& waits_;
  DelayedCall look_;
  std::size_t answers_ = 0;
};

/// Answers each byte with a byte, and reads nothing while an answer waits.
class Answers : public Protocol {
 public:
  explicit Answers(Clock& clock) : clock_(clock) {}
  void dataReceived(ByteView data) override {
    transport().write(std::string(data.size(), '!'));
    transport().pauseProducing();
    look(kFirstLook);
  }
  void connectionLost(const Failure&) override { look_.cancelIfActive(); }

 private:
  void look(Duration after) {
    look_ = clock_.callLater(after, [this, after] {
      if (transport().pendingBytes() > 0) return look(lookAgain(after));
      transport().resumeProducing();
    });
  }

  Clock& clock_;
  DelayedCall look_;
};

}  // namespace teasel::museum
