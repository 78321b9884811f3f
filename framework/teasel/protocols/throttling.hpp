#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <teasel/core/clock.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel {

/// Limits of a ThrottlingFactory, in bytes a second, for all its connections together. Nothing: no
/// limit.
struct ThrottlingOptions {
  std::optional<std::size_t> readLimit = {};
  std::optional<std::size_t> writeLimit = {};
};

/// Bounds how fast the connections of another factory are read and written. The model is
/// twisted.protocols.policies.ThrottlingFactory.
///
/// As much as a second may carry passes at once. Beyond that, all connections are throttled until
/// the average is within the limit again, so more than the limit passes by one chunk at most. Then
/// those go on first that have read longest ago, so that a peer that never stops sending leaves the
/// others their share.
///
///  - Reading: a throttled connection is paused, and its peer feels backpressure. The pauses that
///    the wrapped protocol asks for hold as well.
///  - Writing: the producer of a throttled connection is paused. What a protocol writes without a
///    producer is counted and not held back.
class ThrottlingFactory : public WrappingFactory {
 public:
  /// `clock` is usually the reactor, and must outlive the connections. Throws UsageError for a null
  /// factory and for a limit of 0.
  ThrottlingFactory(Clock& clock, std::shared_ptr<Factory> wrapped, ThrottlingOptions options);
  ~ThrottlingFactory() override;

  std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol> protocol) final;
  bool readsThrottled() const noexcept { return reads_.throttled; }
  bool writesThrottled() const noexcept { return writes_.throttled; }

 private:
  class Gate;
  class Wrapper;
  using Switch = void (Wrapper::*)(bool throttled);
  struct Direction {
    std::optional<std::size_t> limit;
    Switch change;
    Instant paidUntil{};  ///< until then, what has passed takes the whole limit
    bool throttled = false;
    DelayedCall timer = {};
  };
  void passed(Direction& direction, std::size_t bytes);
  void begin(Direction& direction);
  void end(Direction& direction);
  void resumeReads();
  void changeAll(Direction& direction, bool throttled);
  void lost();

  Clock& clock_;
  Direction reads_, writes_;
};

}  // namespace teasel
