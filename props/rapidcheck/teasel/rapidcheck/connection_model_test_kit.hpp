#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/transport/transport.hpp>

/// A model of the life of one connection: what its protocol is told, what its counters say, what
/// the far end gets. It knows nothing of the code that it predicts. Tests run both, step by step,
/// and compare them at rest, when everything that happens within an instant is over.

namespace teasel::rapidcheck::test {

/// What one end of the connection does.
enum class Do : std::uint8_t {
  kNothing,
  // The near end, through its transport.
  kWrite,
  kWriteTooMuch,
  kLose,
  kFail,
  kAbort,
  kLoseWrite,
  kPause,
  kResume,
  kThrow,  ///< as a reaction only
  kReact,  ///< the next dataReceived does `reaction`
  // the far end
  kPeerSend,
  kPeerEnd,
  kPeerReset,
  kPeerStopReading,
  kPeerRead,
  kAdvance,  ///< size: ms
};

struct Action {
  Do what = Do::kNothing;
  std::size_t size = 0;
  Do reaction = Do::kNothing;
};

/// Bytes of a stream from this place on. At the same place they are always the same, in both
/// directions.
inline std::string pattern(std::uint64_t from, std::size_t count) {
  static const std::string kPeriod = [] {
    std::string bytes;
    for (std::size_t i = 0; i < 676; ++i) bytes += static_cast<char>('a' + (i * 7 + i / 26) % 26);
    return bytes;
  }();
  std::string bytes = kPeriod.substr(from % kPeriod.size(), count);
  while (bytes.size() < count) bytes.append(kPeriod, 0, count - bytes.size());
  return bytes;
}

/// What is compared after every step, as text.
struct Observed {
  std::string events;  ///< "made data[3] lost ConnectionDone"
  bool connected = true, disconnecting = false, paused = false;
  std::size_t pending = 0;
  Transport::Counters counters{};
  std::uint64_t received = 0;  ///< by the far end
  bool sawEof = false, sawReset = false;

  /// With `exact` it says how much waits to be sent. Without, only whether something waits.
  std::string text(bool exact) const {
    const auto number = [](std::uint64_t n) { return std::to_string(n); };
    return events + " | " + (connected ? "connected " : "") + (disconnecting ? "disconnecting " : "") +
           (paused ? "paused " : "") + "pending " +
           (exact         ? number(pending)
            : pending > 0 ? "some"
                          : "none") +
           " received " + number(counters.bytesReceived) + " discarded " + number(counters.bytesDiscarded) + " written " +
           number(counters.bytesWritten) + (exact ? " sent " + number(counters.bytesSent) : "") + " dropped " +
           number(counters.writesDropped) + "/" + number(counters.bytesDropped) + " | peer got " + number(received) +
           (sawEof ? " end" : "") + (sawReset ? " reset" : "");
  }
};

/// Adds an event to the list. Bytes that follow bytes are one event.
inline void addEvent(std::string& events, const std::string& event) { (events += events.empty() ? "" : " ") += event; }
inline void addData(std::string& events, std::size_t count) {
  const std::size_t last = events.rfind(" data[");
  if (last != std::string::npos && events.find(' ', last + 1) == std::string::npos) {
    count += std::stoul(events.substr(last + 6));
    events.resize(last);
  }
  addEvent(events, "data[" + std::to_string(count) + "]");
}

class Model {
 public:
  /// With `exact` nothing is drawn. So one delivery is one chunk, and a write is taken as far as
  /// the window allows.
  Model(bool halfCloseable, bool completion, bool exact, std::size_t window)
      : half_(halfCloseable), completion_(completion), exact_(exact), window_(window) {}

  /// Whether the model can predict this step.
  bool foresees(const Action& action) const {
    // The cuts of a stream decide what a reaction leaves undelivered.
    if (action.what == Do::kReact) return exact_ || action.reaction == Do::kWrite;
    // Whether a paused reader is told of a reset at once is drawn, except in completion mode.
    if (action.what == Do::kPeerReset) return exact_ || completion_ || !paused_;
    return true;
  }
  bool exact() const { return exact_ && !partlyRead_; }
  const Observed& observed() const { return seen_; }

  void apply(const Action& action) {
    perform(action);
    endTurn();
    seen_.connected = !ended_;
    seen_.disconnecting = losing_ || ended_;
    seen_.paused = paused_;
    seen_.pending = queued_ + inFlight_;
    if (seen_.pending == 0) partlyRead_ = false;
  }

 private:
  void perform(const Action& action) {
    switch (action.what) {
      case Do::kPeerSend: return peerSend(action.size);
      case Do::kPeerEnd: return peerEnd();
      case Do::kPeerReset: return peerReset();
      case Do::kPeerStopReading: return peerStopReading();
      case Do::kPeerRead: return peerRead(action.size);
      case Do::kAdvance: return advance(std::chrono::milliseconds(action.size));
      case Do::kReact: reaction_ = action; return;
      default: near(action), afterDispatch();
    }
  }

  // The near end: what a call does at once. What follows from it is done by afterDispatch.
  void near(const Action& action) {
    switch (action.what) {
      case Do::kWrite: return write(action.size);
      case Do::kWriteTooMuch:
        if (ended_ || losing_ || losingWrite_ || broken_) write(action.size);
        else if (action.size > 0) end("LimitExceeded", false);
        return;
      case Do::kLose: return lose("ConnectionDone");
      case Do::kFail: return lose("UsageError");
      case Do::kAbort: return end("ConnectionAborted", false);
      case Do::kLoseWrite: losingWrite_ = losingWrite_ || !(ended_ || losing_ || broken_); return;
      case Do::kPause: paused_ = paused_ || !(ended_ || losing_); return;
      case Do::kResume: return resume();
      case Do::kThrow: return end("std::runtime_error", false);
      default: return;
    }
  }

  void write(std::size_t size) {
    if (size == 0) return;
    if (ended_ || losing_ || losingWrite_ || broken_) {
      ++seen_.counters.writesDropped;
      seen_.counters.bytesDropped += size;
      return;
    }
    seen_.counters.bytesWritten += size;
    queued_ += size;
  }

  void lose(const char* reason) {
    if (ended_ || losing_) return;
    losing_ = true;
    losesWith_ = reason;
    if (broken_) return onReset();
    if (!paused_) return;
    // Input is read again and discarded, unless the end comes first.
    afterDispatch();
    if (ended_) return;
    seen_.counters.bytesDiscarded += std::exchange(held_, 0);
    eof_ = eof_ || std::exchange(heldEof_, false);
  }

  void resume() {
    if (ended_ || losing_ || !paused_) return;
    paused_ = false;
    addEvent(seen_.events, "resumed");
    deliver(std::exchange(held_, 0));
    if (heldEof_) {
      endTurn();  // the end of stream comes in a later turn than the last bytes
      if (ended_ || paused_) return;
      heldEof_ = false;
      if (!broken_) onEof();
    }
    if (resetUnnoticed_ && reading()) onReset();
    endTurn();
  }

  void afterDispatch() {
    if (ended_) return;
    if (queued_ > 0 && inFlight_ == 0) flush();
    if (ended_ || broken_ || queued_ + inFlight_ > 0) return;
    if (losing_) return end(losesWith_, true);
    if (!losingWrite_ || writeShut_) return;
    writeShut_ = finished_ = true;
    arrived();
    if (half_) reportWriteLost_ = true;
    else if (eof_) end("ConnectionDone", true);
  }

  /// What the protocol is told when everything else of a turn is over.
  void endTurn() {
    if (ended_ || !std::exchange(reportWriteLost_, false)) return;
    addEvent(seen_.events, "writeLost");
    if (eof_) end("ConnectionDone", true);
  }

  void flush() {
    const std::size_t offered = std::exchange(queued_, 0);
    inFlight_ = left_ = offered;
    if (resetUnnoticed_) return losing_ ? onReset() : breakSending();
    partlyRead_ = partlyRead_ || (!peerReading_ && allowance_ > 0);
    if (!completion_) {
      const std::size_t taken = std::min(offered, room());
      inFlight_ -= taken;
      seen_.counters.bytesSent += taken;
    }
    pump();
  }

  /// Moves the rest of a write into the window as the window empties.
  void pump() {
    for (std::size_t some = std::min(left_, room()); some > 0; some = std::min(left_, room())) {
      left_ -= some;
      inWindow_ += some;
      arrived();
    }
    if (left_ > 0) return;
    seen_.counters.bytesSent += std::exchange(inFlight_, 0);
    if (queued_ > 0) flush();
  }
  std::size_t room() const { return window_ - inWindow_; }

  void end(const std::string& reason, bool graceful) {
    if (ended_) return;
    ended_ = true;
    addEvent(seen_.events, "lost " + reason);
    queued_ = inFlight_ = left_ = 0;
    if (graceful && !resetUnnoticed_) {
      finished_ = true;
      lingerUntil_ = now_ + std::chrono::seconds(2);
      gone_ = peerEnded_;
    } else {
      gone_ = true;
      finished_ = false;
      peerWasReset_ = true;
    }
    arrived();
  }

  // What reaches the near end ---------------------------------------------------------------------

  static constexpr std::size_t kMostAtOnce = 65536;  // bytes of one delivery

  /// Delivers what has arrived, while somebody reads.
  void deliver(std::size_t count) {
    while (count > 0 && !ended_) {
      if (!reading()) {
        held_ += count;
        return;
      }
      const std::size_t some = std::min(count, kMostAtOnce);
      count -= some;
      if (losing_) seen_.counters.bytesDiscarded += some;
      else deliverOne(some);
    }
  }

  void deliverOne(std::size_t count) {
    addData(seen_.events, count);
    seen_.counters.bytesReceived += count;
    const Action reaction = std::exchange(reaction_, Action{});
    near({reaction.reaction, reaction.size});
    afterDispatch();
  }

  void onEof() {
    eof_ = true;
    if (losing_) return;
    if (half_) {
      addEvent(seen_.events, "readLost");
      if (writeShut_) end("ConnectionDone", true);
      return;
    }
    losing_ = true;
    losesWith_ = "ConnectionDone";
    afterDispatch();
  }

  bool reading() const { return !paused_ || losing_; }
  /// A send has met a reset that a paused reader has not been told of.
  void breakSending() {
    broken_ = true;
    queued_ = inFlight_ = left_ = 0;
  }
  void onReset() { end(losing_ && losesWith_ == "UsageError" ? losesWith_ : "ConnectionLost", false); }

  // The far end -----------------------------------------------------------------------------------

  bool peerGone() const { return peerLeft_ || seen_.sawReset; }

  void arrived() {
    const std::uint64_t some = std::min<std::uint64_t>(inWindow_, peerReading_ ? inWindow_ : allowance_);
    if (peerGone()) return;
    if (!peerReading_) allowance_ -= some;
    inWindow_ -= some;
    seen_.received += some;
    if (finished_ && inWindow_ == 0) seen_.sawEof = true;
    if (peerWasReset_ && inWindow_ == 0) seen_.sawReset = true;
  }

  void peerSend(std::size_t count) {
    if (peerGone() || peerEnded_ || peerWasReset_ || count == 0) return;
    if (gone_) {
      peerWasReset_ = true;
      return arrived();
    }
    deliver(count);  // nothing where it lingers: then it discards
  }

  void peerEnd() {
    if (peerGone() || peerEnded_ || peerWasReset_) return;
    peerEnded_ = true;
    if (ended_) gone_ = true;
    else if (reading()) onEof();
    else heldEof_ = true;
  }

  void peerReset() {
    if (peerGone()) return;
    peerLeft_ = true;
    inWindow_ = 0;
    if (ended_) {
      gone_ = true;
    } else if (reading()) {
      onReset();
    } else {
      resetUnnoticed_ = true;
      if (inFlight_ > 0) breakSending();
    }
  }

  void peerStopReading() {
    if (peerGone() || (!peerReading_ && allowance_ == 0)) return;
    peerReading_ = false;
    allowance_ = 0;
  }

  void peerRead(std::size_t count) {
    if (peerGone() || peerReading_) return;
    if (count == 0) peerReading_ = true;
    else allowance_ += count;
    arrived();
    if (ended_) return;
    pump();
    afterDispatch();
  }

  void advance(Duration by) {
    now_ += by;
    if (ended_ && now_ >= lingerUntil_) gone_ = true;
  }

  bool half_, completion_, exact_;
  std::size_t window_;
  Observed seen_{.events = "made"};
  Action reaction_{};
  // the near end
  bool ended_ = false, losing_ = false, losingWrite_ = false, writeShut_ = false, eof_ = false, paused_ = false;
  bool reportWriteLost_ = false;
  std::string losesWith_;
  // Of a write that was not taken at once: what was offered, and what is not yet taken.
  std::size_t queued_ = 0, inFlight_ = 0, left_ = 0;
  Duration now_{}, lingerUntil_{};
  // the link
  std::size_t held_ = 0;  // bytes for the near end
  bool heldEof_ = false, resetUnnoticed_ = false, broken_ = false;
  std::size_t inWindow_ = 0;  // bytes for the far end
  // The stream of the near end is over, and nobody is there any more.
  bool finished_ = false, gone_ = false;
  // the far end
  bool peerReading_ = true, peerEnded_ = false, peerLeft_ = false, peerWasReset_ = false;
  std::uint64_t allowance_ = 0;
  // A write met a reader with an allowance. How much is taken at once depends on how it was stored.
  bool partlyRead_ = false;
};

}  // namespace teasel::rapidcheck::test
