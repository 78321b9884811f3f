#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/protocol/protocol.hpp>

namespace teasel::detail {

/// Where the frame that begins the input ends.
struct Found {
  static constexpr std::size_t kNone = std::string_view::npos;
  /// bytes of the input looked at that belong to it; kNone: it ends later
  std::size_t end = kNone;
  bool whole = true;        ///< false: it is refused, and this is where that shows
  std::size_t payload = 0;  ///< where in the frame its content begins
};

/// What all protocols share that cut a stream into frames: the input that waits, and when it may be
/// delivered. A protocol adds how a frame is found and what is done with it.
///
/// - What is delivered does not depend on how the stream was cut into chunks; the work is linear in
///   the bytes received, however they were cut.
/// - Views handed to the callbacks are valid until the callback returns, also if it feeds this
///   protocol itself: dataReceived called from inside a callback only appends.
/// - Nothing is delivered after loseConnection, failConnection or abortConnection; what was not
///   delivered is dropped then.
/// - `transport().pauseProducing()` inside a callback holds back everything after it until the
///   transport resumes.
/// - An exception out of a callback leaves dataReceived, and the transport ends the connection. Who
///   catches it before that loses nothing and gets nothing twice: the input behind it is delivered
///   with the next dataReceived.
/// - Memory: the beginning of one frame, as far as it was received, and what was received while
///   paused.
class Framing : public Protocol {
 public:
  ~Framing() override;

  void dataReceived(ByteView data) override;
  /// Delivers what was held back while paused. An override must call this one.
  void producingResumed() override;
  /// Bytes received and not delivered.
  std::size_t bufferedBytes() const noexcept { return held().size() + rest_.size() + late_.size(); }

 protected:
  Framing() = default;

  // A protocol says -------------------------------------------------------------------------------
  /// Where the first frame of `before` + `in` ends, counted in `in`. `before` was looked at
  /// already: it holds no end.
  virtual Found find(ByteView before, ByteView in) = 0;
  /// Hands one over. The input behind it is in rest_, and no other input is held.
  virtual void deliver(ByteView frame, const Found& found) = 0;
  /// Delivers from rest_, or does what is due without input. False when rest_ is the beginning of a
  /// frame and nothing else.
  virtual bool deliverSome() = 0;
  /// Up to this size held() may grow before find has to look at it; 0 when each byte must be looked
  /// at.
  virtual std::size_t quietSize() const noexcept = 0;

  // and has ---------------------------------------------------------------------------------------
  /// For deliverSome: frames from rest_, as long as there are any and no callback changes anything.
  /// The position is kept in registers and written to rest_ for the callback: reading it back from
  /// there each time would put a store and a load between one search and the next.
  template <class Self>
  bool deliverEach(Self& self) {
    const char* at = rest_.begin();
    const char* const stop = rest_.end();
    changed_ = false;
    do {
      const Found found = self.Self::find({}, {at, static_cast<std::size_t>(stop - at)});
      if (found.end == Found::kNone) return false;
      const ByteView frame(at, found.end);
      at += found.end;
      rest_ = {at, static_cast<std::size_t>(stop - at)};
      self.Self::deliver(frame, found);
    } while (at != stop && !changed_ && !stopped());
    return true;
  }
  /// Whether `byte` was put to the beginning of a frame without a look at it.
  bool takeQuietly(char byte) noexcept {
    if (end_ >= fastEnd_) return false;
    *end_++ = byte;
    return true;
  }
  /// Whether this can be done with all of `data`, which is not empty then; and doing it.
  bool fitsQuietly(ByteView data) const noexcept {
    return end_ < fastEnd_ && data.size() - 1 < static_cast<std::size_t>(fastEnd_ - end_);
  }
  void takeQuietly(ByteView data) noexcept {
    std::memcpy(end_, data.data(), data.size());
    end_ += data.size();
  }
  /// What dataReceived does.
  void receive(ByteView data);
  /// In a callback, or between two of one dataReceived.
  bool busy() const noexcept { return busy_; }
  bool stopped() const { return transport().disconnecting() || transport().paused(); }
  /// What can be delivered depends on other things than before: mode, limits.
  void changed() noexcept;
  /// All that was not delivered; it is forgotten.
  std::string takeAll();
  /// Puts bytes before all that was not delivered. While busy only.
  void putBack(ByteView data);
  /// The beginning of a frame, or what waits while stopped.
  ByteView held() const noexcept { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

  ByteView rest_;     // while busy: the undelivered part of what is being delivered
  bool due_ = false;  // there is something to deliver that needs no input

 private:
  void run(ByteView data);
  void process(ByteView data);
  void processLate();
  void processPartial(ByteView data);
  void deliverRest();
  void keepRest();
  void finish();
  void enterIdle() noexcept;
  void append(ByteView data);
  void release() noexcept;
  void clearHeld() noexcept { begin_ = end_ = memory_.get(); }

  // Input waits in `memory_`, between begin_ and end_. While fastEnd_ is not null, it is the
  // beginning of one frame that was looked at, and bytes may be put at end_ until fastEnd_.
  char* end_ = nullptr;
  char* fastEnd_ = nullptr;
  bool busy_ = false;
  bool partial_ = true;    // what is held is the beginning of a frame that was looked at
  bool changed_ = false;   // a callback may have changed what can be delivered
  bool restHeld_ = false;  // rest_ lies in memory_
  char* begin_ = nullptr;
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::string late_;  // while busy: what further calls of dataReceived brought
};

}  // namespace teasel::detail
