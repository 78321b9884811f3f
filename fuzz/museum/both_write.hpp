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

/// Reads nothing until everything was sent.
class ReadsWhenSent : public Protocol {
 public:
  explicit ReadsWhenSent(Clock& clock) : clock_(clock) {}
  void connectionLost(const Failure&) override { look_.cancelIfActive(); }

 protected:
  void readWhenSent() {
    transport().pauseProducing();
    look(kFirstLook);
  }

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

/// Exhibit: a client sends all its questions before it reads the first answer. The server reads no
/// further while an answer waits to be sent. Where windows are small, each waits for the other. The
/// check, when all is quiet: every question has its answer.
template <bool kFixed>
class BothWrite : public ReadsWhenSent {
 public:
  static constexpr std::size_t kQuestions = 200;

  BothWrite(Clock& clock, bool& waits) : ReadsWhenSent(clock), waits_(waits) {}

  void connectionMade() override {
    waits_ = true;
    transport().write(std::string(kQuestions, '?'));
    if constexpr (!kFixed) readWhenSent();  // the fault
  }
  void dataReceived(ByteView data) override {
    answers_ += data.size();
    waits_ = answers_ < kQuestions;
  }
  void connectionLost(const Failure& reason) override {
    ReadsWhenSent::connectionLost(reason);
    waits_ = false;
  }

 private:
  bool& waits_;
  std::size_t answers_ = 0;
};

/// Answers each byte with a byte, and reads nothing while an answer waits.
class Answers : public ReadsWhenSent {
 public:
  using ReadsWhenSent::ReadsWhenSent;
  void dataReceived(ByteView data) override {
    transport().write(std::string(data.size(), '!'));
    readWhenSent();
  }
};

}  // namespace teasel::museum
