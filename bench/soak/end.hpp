#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

#include "fault.hpp"
#include "ledger.hpp"

namespace teasel::soak {

class End;

/// What the ends of one reactor share.
struct Household {
  Clock* clock;
  Ledger* ledger;
  Findings* findings;
  Role role;
  Fault fault = Fault::kNone;
  std::list<End*> living;  ///< those that are made and not lost
  std::uint64_t made = 0, bytes = 0, resets = 0, halfCloses = 0, aborts = 0, nameless = 0;
};

/// The exception that an end throws on purpose.
class Thrown : public std::runtime_error {
 public:
  Thrown() : std::runtime_error("thrown on purpose") {}
};
/// What an end gives failConnection.
class GaveUp : public std::runtime_error {
 public:
  GaveUp() : std::runtime_error("given up on purpose") {}
};

/// One end of a connection: plays its script, and checks all that it hears.
class End final : public Protocol, public Producer {
 public:
  /// Without a number, it learns that from the client's header.
  End(Household& household, std::optional<std::uint64_t> number);
  ~End() override;

  void connectionMade() override;
  void dataReceived(ByteView data) override;
  void readConnectionLost() override;
  void writeConnectionLost() override;
  void connectionLost(const Failure& reason) override;
  bool halfCloseable() const noexcept override { return !number_ || script_.halfCloseable; }
  void pauseProducing() override;
  void resumeProducing() override;
  void stopProducing() override;

  /// Grows with everything that happens here.
  std::uint64_t progress() const noexcept { return progress_; }
  /// What it is and what it waits for.
  std::string describe() const;
  std::uint64_t number() const noexcept { return number_.value_or(Finding::kNoNumber); }
  /// Ends it because it stands still; that is a finding already.
  void giveUp();
  /// How many scans of the watchdog have seen the same progress.
  std::uint64_t seenProgress = 0, seenTimes = 0;

 private:
  class Timer;
  void begin();
  void beginWriting();
  bool learnNumber(ByteView data);
  void hear(ByteView data);
  void wrong(const std::string& what);
  void callWrong(const char* call);
  bool mayWrite() const noexcept;
  bool writePiece();
  void writeByTimer();
  void push();
  void wroteAll();
  void endIfDone();
  void endNow();
  void maybePause();
  void setDecoys();
  void later(Duration after, void (End::*call)());
  void resumeReading();
  void atLastThrow();
  Reason classify(const Failure& reason) const;
  ByteView tampered(ByteView data, std::string& copy);

  Household& home_;
  std::optional<std::uint64_t> number_;
  Script script_;
  std::optional<Pattern> mine_, peers_;
  Dice dice_{0};
  std::string header_;  // of a client whose number is not known yet
  std::uint64_t toWrite_ = 0, expected_ = 0, received_ = 0, nextPause_ = 0, pausesLeft_ = 0, progress_ = 0, chunks_ = 0;
  Call call_ = Call::kNone;
  bool made_ = false, lost_ = false, begun_ = false, wroteAll_ = false, paused_ = false, eof_ = false, shut_ = false,
       shutHeard_ = false;
  bool producing_ = false, pushPaused_ = false, throwDue_ = false, tampered_ = false;
  std::vector<DelayedCall> timers_;
  std::list<End*>::iterator place_;
};

}  // namespace teasel::soak
