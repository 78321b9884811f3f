#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/byte_view.hpp>
#include <teasel/core/check.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/fakes/trace/trace.hpp>

namespace teasel::fakes {

/// One direction of a stream: a bounded queue of bytes on their way. Only a reset makes it lose
/// bytes, and it never changes their order.
class Pipe {
 public:
  static constexpr std::size_t kWindow = std::size_t{64} << 10;
  static constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);

  /// Empty and open again, with a window of so many bytes. Memory stays.
  void restart(std::size_t window) noexcept;
  /// How many bytes the sender may add now. The window counts what was sent and neither read nor
  /// taken ahead.
  std::size_t room() const noexcept {
    const std::size_t used = static_cast<std::size_t>(written_ - (read_ > readAhead_ ? read_ : readAhead_));
    return used < window_ ? window_ - used : 0;
  }
  /// Adds at most room() bytes, which arrive at the instant `at`.
  void push(ByteView bytes, Instant now, Instant at) {
    TEASEL_CHECK(!finished_);
    const auto held = static_cast<std::size_t>(written_ - read_);
    if (head_ + held + bytes.size() > capacity_) [[unlikely]]
      makeRoom(bytes.size());
    std::memcpy(bytes_.get() + head_ + held, bytes.data(), bytes.size());
    written_ += bytes.size();
    if (at <= now && transit_.empty()) arrived_ = written_;
    else pushInTransit(at);
  }
  /// Nothing is in the pipe, and what is sent now can arrive at once.
  bool idle() const noexcept { return written_ == read_ && transit_.empty() && !stalled_; }
  /// As a push of so many bytes that arrive and are read at once, while the pipe is idle.
  void pass(std::size_t count) noexcept {
    TEASEL_CHECK(!finished_);
    arrived_ = read_ = written_ += count;
    if (nextCut_ <= read_) [[unlikely]]
      passCuts();
  }
  /// The end of stream of the sender, behind everything that was pushed. It arrives at `at`.
  void finish(Instant now, Instant at);
  /// Everything that is due at `now` arrives. True if anything did. Nothing arrives while the pipe
  /// is stalled.
  bool settle(Instant now) noexcept;
  /// From now on nothing arrives. What is sent meanwhile is added with pushStalled.
  void stall() noexcept { stalled_ = true; }
  /// As push, while the pipe is stalled: the bytes would arrive at `at` if nothing stood in the
  /// way.
  void pushStalled(ByteView bytes, Instant at);
  /// Ends the stall. What waits arrives at its own time, and not before `earliest`.
  void resume(Instant earliest) noexcept;
  bool stalled() const noexcept { return stalled_; }
  /// Something was sent that has not arrived: bytes, or the end of stream.
  bool waits() const noexcept { return !transit_.empty(); }
  /// Calls `f` with each time at which something that waits arrives.
  template <class F>
  void eachArrival(F&& f) const {
    for (std::size_t i = transitAt_; i < transit_.size(); ++i) f(transit_[i].at);
  }
  /// Sets a boundary at the current end of the stream: no delivery holds bytes from both sides of
  /// it.
  void cut();

  /// Bytes that have arrived and were not read.
  std::size_t available() const noexcept { return static_cast<std::size_t>(arrived_ - read_); }
  /// The bytes that the next delivery may hold: up to the next boundary, and at most `most`.
  ByteView front(std::size_t most) const noexcept {
    std::size_t size = available() < most ? available() : most;
    if (nextCut_ - read_ < size) size = static_cast<std::size_t>(nextCut_ - read_);
    return {bytes_.get() + head_, size};
  }
  /// The sender may have so many bytes under way from now on.
  void widen(std::size_t window) noexcept { window_ = window > window_ ? window : window_; }
  /// Takes `count` bytes off the queue: they were read.
  void drop(std::size_t count) noexcept {
    read_ += count;
    head_ = read_ == written_ ? 0 : head_ + count;
    if (nextCut_ <= read_) passCuts();
  }
  /// For completion-shaped receivers: up to `limit` arrived bytes beyond what was read no longer
  /// count in the window, although they are still in the queue.
  void takeAhead(std::size_t limit) noexcept;
  /// Bytes that were sent and have not arrived.
  std::size_t inTransit() const noexcept { return static_cast<std::size_t>(written_ - arrived_); }
  bool finished() const noexcept { return finished_; }
  /// The end of stream has arrived and everything before it was read.
  bool atEnd() const noexcept { return endArrived_ && arrived_ == read_; }
  bool endArrived() const noexcept { return endArrived_; }
  /// Forgets what has not arrived, and with `all` also what has. Returns how many bytes were lost.
  /// An end of stream that has arrived is forgotten, too, unless `keepEnd`.
  std::size_t lose(bool all, bool keepEnd = false) noexcept;
  std::uint64_t written() const noexcept { return written_; }
  /// How many bytes were read.
  std::uint64_t taken() const noexcept { return read_; }
  /// When the last thing that was sent arrives. Nothing that is sent later arrives earlier.
  Instant lastArrival() const noexcept { return lastArrival_; }

 private:
  static constexpr std::uint64_t kNoCut = ~std::uint64_t{0};
  void makeRoom(std::size_t count);
  void pushInTransit(Instant at);
  void passCuts() noexcept;
  struct Transit {
    std::uint64_t upTo;
    Instant at;
    bool end;
  };
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, head_ = 0;  // head_: the place of read_ in bytes_
  std::uint64_t written_ = 0, arrived_ = 0, read_ = 0, readAhead_ = 0;
  std::size_t window_ = kWindow;
  // From transitAt_ on. It is empty when nothing waits, so that one look tells.
  std::vector<Transit> transit_;
  std::vector<std::uint64_t> cuts_;  // from cutAt_ on, ascending
  // cuts_[cutAt_]; without one beyond every place. Each delivery asks for it twice.
  std::uint64_t nextCut_ = kNoCut;
  std::size_t transitAt_ = 0, cutAt_ = 0;
  Instant lastArrival_{};
  bool finished_ = false, endArrived_ = false, stalled_ = false;
};

/// Who stands at one end of a stream: a slot of a driver, or a remote peer. These calls run no user
/// code.
class StreamEnd {
 public:
  /// Bytes, an end of stream or a reset arrived.
  virtual void arrived() = 0;
  /// Bytes arrived, and nothing waits before them. Returns whether they were read at once. If not,
  /// they go through the pipe.
  virtual bool readAtOnce(ByteView bytes) {
    static_cast<void>(bytes);
    return false;
  }
  /// After a write that was not taken whole, the window has room again.
  virtual void roomAgain() = 0;
  /// The other side accepted the attempt to connect.
  virtual void established() = 0;
  /// The attempt to connect failed: nobody listens there (`routed`), or no way leads there.
  virtual void refused(bool routed) = 0;
  /// The attempt to connect failed: nobody answered for as long as a kernel tries.
  virtual void unanswered() = 0;
  /// The instant has come that Network::wakeAt was given.
  virtual void deadline() = 0;

 protected:
  ~StreamEnd() = default;
};

/// A stream between two parties: two pipes, and who holds their ends. Its Network owns and recycles
/// it, and makes every change of which the other end must hear.
struct Stream {
  struct Side {
    StreamEnd* party = nullptr;  ///< null before it is accepted and once it is gone
    Address address;
    Pipe out;                       ///< what this side sends
    std::uint32_t entity = 0;       ///< in keys of choices: the direction in which this side sends
    std::uint8_t id = kRemotePeer;  ///< in the trace
    bool gone = false;              ///< it closed or reset: what still arrives for it meets a reset
    bool wasReset = false;          ///< a reset reached this side
    bool sendsFail = false;         ///< UNIX only: the other side is gone, which a send notices
    bool blocked = false;           ///< it waits for room
    std::uint16_t cutWrites = 0;    ///< see Network::setWindowsOpen
    /// its end of stream shares a turn with its last bytes, as the Play said
    bool endWithLast = false;
    bool hasShortWrite = false;
    std::uint64_t shortWrite = 0;  ///< how much of its next write is taken at once
    // What links between hosts do to it (network_links.cpp)
    std::uint8_t place = kRemotePeer;  ///< a host, kRemotePeer, or kNowhere
    bool lossy = false;                ///< what it sends is lost, and sent again after the repair
    bool resetHeld = false;            ///< a link holds a reset for it
    bool resetLost = false;            ///< a reset for it was lost on a link
    bool vanished = false;             ///< it left without a word: its host lost its power
    Instant resetAt = kNever;          ///< when a reset that is on its way to it arrives
    Instant giveUpAt = kNever;         ///< when its kernel stops sending again what was lost
    /// Makes the size a power of two. Every step asks for sides by their number.
    char spare[24] = {};
    /// Nothing that it sends is taken any more.
    bool cannotSend() const noexcept { return wasReset || sendsFail; }
  };
  /// A Side::place that no host has.
  static constexpr std::uint8_t kNowhere = 0xFE;
  /// What an attempt to connect waits for that a link holds back.
  enum class Held : std::uint8_t { kNothing, kStart, kRequest, kAnswer, kOffer };
  Side side[2];
  std::uint32_t number = 0;      ///< in its network, in order of creation
  std::uint32_t generation = 0;  ///< of this object: agenda entries of a former life are dropped
  bool free = true;
  bool local = false;  ///< a UNIX stream, inside one host (network_unix.cpp)
  // Of the attempt to connect, where a link delays or loses it
  Held held = Held::kNothing;
  bool attempting = false;   ///< the caller waits for an answer
  bool requestLost = false;  ///< what was under way was lost on a link
  bool offering = false;     ///< the caller is connected, and the port does not know it yet
  std::uint8_t tries = 0;    ///< how often it was sent again
  Instant began{};           ///< when it was sent first
};

}  // namespace teasel::fakes
