#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::targets {

/// A client that fetches items, the same for every framing protocol. The input plays its server:
///
///     server: hello NAME                            client: list
///     server: item SIZE, then a message of SIZE bytes; any number of times; then end
///                                                   client: thanks N BYTES, and closes
///     server: wait                                  client: waits for another kPatience
///                                                   (at most kMaxWaits times)
///
/// The client says "error WHY" and closes after anything else, after more than kMaxItems items and
/// after silence for kPatience. A protocol breaks its promise if it delivers a message while the
/// transport is paused or ending; that fails a check.
class Fetch {
 public:
  static constexpr std::uint32_t kMaxItem = 4096, kMaxItems = 64, kMaxWaits = 3;
  static constexpr Duration kPatience = std::chrono::seconds(30);
  using Say = std::function<void(std::string_view text)>;

  /// `owner` holds this object; `say` sends a message on the owner's connection.
  Fetch(Protocol& owner, Clock& clock, Say say) : owner_(owner), clock_(clock), say_(std::move(say)) {}
  void begin();
  void heard(std::string_view message);
  /// Called when the server broke the rules of the framing protocol.
  void broken(std::string_view why);
  /// Called when the connection is lost. Cancels all timers.
  void end() { patience_.cancelIfActive(); }

  bool finished() const noexcept { return state_ == State::kFinished; }
  bool failed() const noexcept { return failed_; }
  std::uint32_t items() const noexcept { return items_; }
  /// Bytes of the items that were announced and received. They are equal when the client has
  /// finished without an error.
  std::uint64_t announced() const noexcept { return announced_; }
  std::uint64_t received() const noexcept { return received_; }

 private:
  enum class State : std::uint8_t { kGreeting, kItems, kBody, kFinished };
  void item(std::string_view size);
  void finish(std::string_view words);
  void fail(std::string_view why);
  void beginPatience();

  Protocol& owner_;
  Clock& clock_;
  const Say say_;
  DelayedCall patience_;
  State state_ = State::kGreeting;
  std::uint32_t size_ = 0, items_ = 0, waits_ = 0;
  std::uint64_t announced_ = 0, received_ = 0;
  bool failed_ = false;
};

}  // namespace teasel::targets
