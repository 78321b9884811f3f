#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::targets {

/// What a client does with its server, which the input plays, whatever the messages come in:
///
///     server: hello NAME                            client: list
///     server: item SIZE, then a message of SIZE bytes, (again) ... end
///                                                   client: thanks N BYTES, and closes
///     server: wait                                  patience begins anew, at most kMaxWaits times
///
/// Anything else, more than kMaxItems, or silence for kPatience: "error WHY", and closes. A message
/// that comes while the transport is paused or ending breaks the promise of its protocol.
class Fetch {
 public:
  static constexpr std::uint32_t kMaxItem = 4096, kMaxItems = 64, kMaxWaits = 3;
  static constexpr Duration kPatience = std::chrono::seconds(30);
  using Say = std::function<void(std::string_view text)>;

  /// `owner` holds this; `say` sends a message on its connection.
  Fetch(Protocol& owner, Clock& clock, Say say) : owner_(owner), clock_(clock), say_(std::move(say)) {}
  void begin();
  void heard(std::string_view message);
  /// The server broke the rules of what messages come in.
  void broken(std::string_view why);
  /// The connection is lost: no timer is left.
  void end() { patience_.cancelIfActive(); }

  bool finished() const noexcept { return state_ == State::kFinished; }
  bool failed() const noexcept { return failed_; }
  std::uint32_t items() const noexcept { return items_; }
  /// Bytes of items announced and received; equal when finished without error.
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
