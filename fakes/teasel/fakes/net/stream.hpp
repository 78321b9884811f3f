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

/// One direction of a stream: a bounded queue of bytes on their way. It loses nothing but by a
/// reset, and never reorders.
class Pipe {
 public:
  static constexpr std::size_t kWindow = std::size_t{64} << 10;
  static constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);

  /// Empty, open, with this window; keeps its memory.
  void restart(std::size_t window) noexcept;
  /// How many bytes the sender may add now. The window counts what was sent and not yet read or
  /// taken ahead.
  std::size_t room() const noexcept {
    const std::size_t used = static_cast<std::size_t>(written_ - (read_ > readAhead_ ? read_ : readAhead_));
    return used < window_ ? window_ - used : 0;
  }
  /// Adds bytes, which arrive `at`; at most room() of them.
  void push(ByteView bytes, Instant now, Instant at) {
    TEASEL_CHECK(!finished_);
    const auto held = static_cast<std::size_t>(written_ - read_);
    if (head_ + held + bytes.size() > capacity_) [[unlikely]]
      makeRoom(bytes.size());
    std::memcpy(bytes_.get() + head_ + held, bytes.data(), bytes.size());
    written_ += bytes.size();
    if (at <= now && transitAt_ == transit_.size()) arrived_ = written_;
    else pushInTransit(at);
  }
  /// The sender's end of stream, behind everything pushed.
  void finish(Instant now, Instant at);
  /// Lets arrive what is due at `now`. True if anything did.
  bool settle(Instant now) noexcept;
  /// The next delivery ends here at the latest: a boundary at the current end of the stream.
  void cut();

  /// Bytes that arrived and were not read.
  std::size_t available() const noexcept { return static_cast<std::size_t>(arrived_ - read_); }
  /// The bytes that the next delivery may hold: up to a boundary, at most `most`.
  ByteView front(std::size_t most) const noexcept {
    std::size_t size = available() < most ? available() : most;
    if (cutAt_ < cuts_.size() && cuts_[cutAt_] - read_ < size) size = static_cast<std::size_t>(cuts_[cutAt_] - read_);
    return {bytes_.get() + head_, size};
  }
  /// Takes bytes off the queue.
  void drop(std::size_t count) noexcept {
    read_ += count;
    head_ = read_ == written_ ? 0 : head_ + count;
    while (cutAt_ < cuts_.size() && cuts_[cutAt_] <= read_) ++cutAt_;
  }
  /// Completion-shaped receivers take bytes from the sender's window ahead of delivering them.
  void takeAhead(std::size_t limit) noexcept;
  /// Bytes that were sent and have not arrived.
  std::size_t inTransit() const noexcept { return static_cast<std::size_t>(written_ - arrived_); }
  bool finished() const noexcept { return finished_; }
  /// The end of stream has arrived and everything before it was read.
  bool atEnd() const noexcept { return endArrived_ && arrived_ == read_; }
  bool endArrived() const noexcept { return endArrived_; }
  /// Forgets what has not arrived; with `all` also what has. Returns how many bytes were lost.
  std::size_t lose(bool all) noexcept;
  std::uint64_t written() const noexcept { return written_; }
  /// When the last thing sent arrives: nothing sent later may arrive earlier.
  Instant lastArrival() const noexcept { return lastArrival_; }

 private:
  void makeRoom(std::size_t count);
  void pushInTransit(Instant at);
  struct Transit {
    std::uint64_t upTo;
    Instant at;
    bool end;
  };
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, head_ = 0;  // head_: where read_ lies in bytes_
  std::uint64_t written_ = 0, arrived_ = 0, read_ = 0, readAhead_ = 0;
  std::size_t window_ = kWindow;
  std::vector<Transit> transit_;     // from transitAt_ on
  std::vector<std::uint64_t> cuts_;  // from cutAt_ on, ascending
  std::size_t transitAt_ = 0, cutAt_ = 0;
  Instant lastArrival_{};
  bool finished_ = false, endArrived_ = false;
};

/// Who stands at one end of a stream: a driver's slot or an outside party. Calls do not nest into
/// user code.
class StreamEnd {
 public:
  /// Bytes, an end of stream or a reset arrived.
  virtual void arrived() = 0;
  /// The window has room again after a write that was not taken whole.
  virtual void roomAgain() = 0;
  /// The other side answered the attempt to connect.
  virtual void established() = 0;
  /// It did not: nobody listens there (`routed`), or there is no way there.
  virtual void refused(bool routed) = 0;
  /// What Network::wakeAt asked for.
  virtual void deadline() = 0;

 protected:
  ~StreamEnd() = default;
};

/// A stream between two parties: two pipes and who holds their ends. Owned and recycled by its
/// Network, which also makes all changes that the other end must hear of.
struct Stream {
  struct Side {
    StreamEnd* party = nullptr;  ///< null before it is accepted and once it is gone
    Address address;
    Pipe out;                       ///< what this side sends
    std::uint32_t entity = 0;       ///< for Choices: this side's sending direction
    std::uint8_t id = kRemotePeer;  ///< for Trace
    bool gone = false;              ///< it closed or reset: what still comes for it meets a reset
    bool wasReset = false;          ///< a reset reached this side
    bool blocked = false;           ///< it waits for room
    /// its end of stream shares a turn with its last bytes, as the Play says
    bool endWithLast = false;
    bool hasShortWrite = false;
    std::uint64_t shortWrite = 0;  ///< how much of its next write is taken at once
  };
  Side side[2];
  std::uint32_t number = 0;      ///< in its network, by order of creation
  std::uint32_t generation = 0;  ///< of this object: what was meant for its former life is dropped
  bool free = true;
};

}  // namespace teasel::fakes
