#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/protocol/protocol.hpp>

namespace teasel {

/// Cuts a stream into frames and delivers them one at a time. A frame is a message together with
/// what marks its bounds: a line with its delimiter, or a string behind its length. All receivers of
/// this folder derive from Framing, and your own framing protocol does, too. It overrides two
/// functions: find says where a frame ends, and deliver hands a frame over.
///
///     /// Records: one byte says how many bytes follow.
///     class RecordReceiver : public Framing {
///      public:
///       virtual void recordReceived(ByteView record) = 0;
///
///      private:
///       FrameEnd find(ByteView before, ByteView in) override {
///         const char size = before.empty() ? in[0] : before[0];
///         const std::size_t whole = 1 + static_cast<unsigned char>(size);
///         const std::size_t needed = whole - before.size();
///         return in.size() < needed ? FrameEnd{} : FrameEnd{.at = needed};
///       }
///       void deliver(ByteView frame, const FrameEnd&) override { recordReceived(frame.sub(1)); }
///     };
///
/// Framing keeps the input that waits and decides when a frame may be delivered. It promises:
///
/// - What is delivered does not depend on how the stream was cut into chunks. The work is linear in
///   the bytes received, however they were cut, if find is linear in the size of `in`.
/// - A view that is handed to a callback is valid until the callback returns. This holds even if the
///   callback calls dataReceived of the same protocol: such a nested call only appends its bytes.
/// - Nothing is delivered after loseConnection, failConnection or abortConnection. Input that was
///   not delivered by then is dropped.
/// - An exception that a callback throws leaves dataReceived, and the transport ends the connection.
///   A caller that catches the exception before that loses nothing and gets nothing twice: the next
///   dataReceived delivers the input behind the frame whose callback threw.
/// - Memory: Framing keeps the part of one frame that was received, and what was received while
///   paused. It reserves nothing for a length that was only announced. A protocol sets the limit of
///   a frame in find: it answers `.valid = false` as soon as a frame is too long.
///
/// Pausing: call `transport().pauseProducing()`, inside a callback or outside. No further callback
/// comes, not even for the rest of the chunk that is being delivered. Call
/// `transport().resumeProducing()` to go on: the transport calls producingResumed, which delivers
/// what waits. While paused the transport reads nothing, so the peer feels backpressure, and no more
/// waits here than the rest of the last chunk.
class Framing : public Protocol {
 public:
  ~Framing() override;

  void dataReceived(ByteView data) override;
  /// Delivers what was held back while paused. Called by the transport. An override must call this
  /// one.
  void producingResumed() override;
  /// The number of bytes that were received and not delivered.
  std::size_t bufferedBytes() const noexcept { return cumulation().size() + input_.size() + late_.size(); }

 protected:
  /// What find has found.
  struct FrameEnd {
    static constexpr std::size_t kIncomplete = std::string_view::npos;
    /// How many bytes of `in` belong to the frame: at least 1. kIncomplete: it ends in a later chunk.
    std::size_t at = kIncomplete;
    /// False: the frame is malformed or too long. `at` is the place where that shows.
    bool valid = true;
    /// Free for the protocol: Framing hands it on to deliver. Usually where the payload begins.
    std::size_t payload = 0;
  };

  Framing() = default;

  // What every framing protocol overrides ---------------------------------------------------------
  /// Says where the first frame of `before` + `in` ends. `before` holds the beginning of the frame
  /// that find has seen already without finding an end; it is empty for a new frame. `in` is never
  /// empty. To keep the work linear, look at `before` only where the answer needs it. An end outside
  /// of `in` is refused: dataReceived throws UsageError.
  virtual FrameEnd find(ByteView before, ByteView in) = 0;
  /// Hands one frame over, whole, valid or not. For an invalid frame, end the connection or call
  /// framingChanged and treat the input behind the frame by another rule. `frame` is borrowed for
  /// the call. While deliver runs, input() is the input behind the frame.
  virtual void deliver(ByteView frame, const FrameEnd& end) = 0;

  // What some override ----------------------------------------------------------------------------
  /// How many bytes the frame in cumulation() must have before find can say more (nom: Needed). find
  /// is not called before so many are there. cumulation() may be empty: then the answer is for any
  /// new frame. 0, the default: unknown, find looks at every chunk. A better answer makes small
  /// chunks cheaper and changes nothing else.
  virtual std::size_t bytesNeeded() const noexcept { return 0; }
  /// Delivers some of input(), or does what is due (setDue). Called again and again until nothing is
  /// left to do. Returns false when input() is the incomplete beginning of a frame. The default
  /// delivers frames. A protocol with modes overrides it: it takes raw bytes or bytes to skip from
  /// input(), and calls deliverFrames for the rest.
  virtual bool deliverInput();

  // What it can use -------------------------------------------------------------------------------
  /// Delivers frames from input() as long as there are complete ones, nothing stops, and no callback
  /// calls framingChanged. Returns what deliverInput returns.
  ///
  /// `return deliverFrames(*this);` as deliverInput's override does what the default does, and
  /// faster: it calls find and deliver of the class Self without virtual calls. They must be public,
  /// or Self declares `friend class Framing`.
  template <class Self>
  bool deliverFrames(Self& self);
  /// Inside deliver and deliverInput: the bytes that come next.
  ByteView input() const noexcept { return input_; }
  /// Inside deliver and deliverInput: `rest`, a tail of input(), comes next.
  void setInput(ByteView rest) noexcept { input_ = rest; }
  /// Says whether there is something to deliver that needs no input. deliverInput is then called
  /// even if input() is empty.
  void setDue(bool due) noexcept { due_ = due; }
  bool due() const noexcept { return due_; }
  /// Call this whenever input is to be cut in another way from now on: a mode or a limit has
  /// changed. Input that find has seen already is looked at anew.
  void framingChanged() noexcept;
  /// Delivers what waits and can be delivered now. Call it after framingChanged outside a callback,
  /// when input that waits may have become a complete frame. Does nothing inside a callback.
  void deliverBuffered();
  /// True inside a callback, and between two callbacks of one dataReceived.
  bool delivering() const noexcept { return delivering_; }
  /// Whether callbacks must wait: the transport is paused or closing.
  bool stopped() const { return transport().disconnecting() || transport().paused(); }
  /// Forgets all input that was not delivered, and returns it.
  std::string takeBuffered();
  /// Puts bytes before all input that was not delivered. Only while delivering().
  void putBack(ByteView data);

  // For a protocol that overrides dataReceived to take ordinary bytes faster ----------------------
  // While a frame is incomplete, its bytes collect in the cumulation. A byte that cannot complete
  // the frame may be added there without a call of find.
  /// The incomplete beginning of a frame, or what waits while stopped.
  ByteView cumulation() const noexcept { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  /// Adds a byte if bytesNeeded() allows it and there is room. Returns whether it did.
  bool tryCumulate(char byte) noexcept {
    if (end_ >= cumulateEnd_) return false;
    *end_++ = byte;
    return true;
  }
  /// Whether the same can be done with all of `data`. False for empty data.
  bool canCumulate(ByteView data) const noexcept {
    return end_ < cumulateEnd_ && data.size() - 1 < static_cast<std::size_t>(cumulateEnd_ - end_);
  }
  /// Adds `data`. Only if canCumulate(data).
  void cumulate(ByteView data) noexcept {
    std::memcpy(end_, data.data(), data.size());
    end_ += data.size();
  }
  /// What dataReceived does with data that was not cumulated.
  void receive(ByteView data);

 private:
  struct VirtualCalls;
  [[noreturn]] void refuse(std::size_t at, std::size_t size) const;
  void run(ByteView data);
  void process(ByteView data);
  void processLate();
  void completeFrame(ByteView data);
  void deliverAll();
  void keepInput();
  void finish();
  void enterIdle() noexcept;
  void append(ByteView data);
  void release() noexcept;
  void clearCumulation() noexcept { begin_ = end_ = memory_.get(); }

  ByteView input_;  // while delivering: the undelivered part of what is being delivered
  bool due_ = false;
  // The cumulation lies in memory_, between begin_ and end_. While cumulateEnd_ is not null, it is
  // the beginning of one frame that find has seen, and bytes may be added until cumulateEnd_.
  char* end_ = nullptr;
  char* cumulateEnd_ = nullptr;
  bool delivering_ = false;
  bool partial_ = true;  // the cumulation is the beginning of a frame that find has seen
  bool changed_ = false;
  bool inputInMemory_ = false;  // input_ lies in memory_
  char* begin_ = nullptr;
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::string late_;  // while delivering: what nested calls of dataReceived brought
};

// The position is kept in registers and written to input_ for the callback. Reading it back from
// there each time would put a store and a load between one search and the next.
template <class Self>
inline bool Framing::deliverFrames(Self& self) {
  const char* at = input_.begin();
  const char* const stop = input_.end();
  changed_ = false;
  do {
    const auto size = static_cast<std::size_t>(stop - at);
    const FrameEnd end = self.Self::find({}, {at, size});
    if (end.at - 1 >= size) {
      if (end.at != FrameEnd::kIncomplete) refuse(end.at, size);
      return false;
    }
    const ByteView frame(at, end.at);
    at += end.at;
    input_ = {at, static_cast<std::size_t>(stop - at)};
    self.Self::deliver(frame, end);
  } while (at != stop && !changed_ && !stopped());
  return true;
}

}  // namespace teasel
