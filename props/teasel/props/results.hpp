#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <teasel/props/event_log.hpp>
#include <teasel/props/watch.hpp>

namespace teasel::props {

/// What came of one connection of a Play.
struct Observed {
  EventLog log;
  std::string output;  ///< what the remote peer received
  std::string reason;  ///< the name of connectionLost's reason; "" if it was never connected
  std::size_t deliveries = 0;
  CloseCause cause = CloseCause::kPeer;  ///< how the connection was ended; see Watch::Life
  /// Whether the subject ended the connection, or threw.
  bool closedItself() const noexcept { return cause != CloseCause::kPeer; }
};

/// What came of one run of a Play.
class Results {
 public:
  /// The connections of the run, in the order in which they were made.
  std::size_t connections() const noexcept { return used_; }
  const Observed& connection(std::size_t index) const noexcept { return *observed_[index]; }
  /// The work that the subjects did for their input, in steps; see work.hpp. The framing protocols
  /// of Teasel count one step more for each byte, in every build.
  std::uint64_t work() const noexcept { return work_ + framed_; }
  /// The part of work() that the program itself counted.
  std::uint64_t counted() const noexcept { return work_; }
  /// The peak of the heap, in bytes above the start of the run; see heap.hpp.
  std::size_t heap() const noexcept { return heap_; }
  /// Bytes that were sent.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  friend class Harness;
  void begin(std::size_t bytes) noexcept;
  EventLog& nextLog();

  std::vector<std::unique_ptr<Observed>> observed_;  // more than are used: they keep their memory
  std::size_t used_ = 0, bytes_ = 0, heap_ = 0;
  std::uint64_t work_ = 0, framed_ = 0;
};

}  // namespace teasel::props
