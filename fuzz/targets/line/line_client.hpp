#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <teasel/core/clock.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::targets {

/// A client that fetches items from a line server. The input plays the server:
///
///     server: hello NAME            client: list
///     server: item SIZE, then SIZE bytes; any number of times; then end
///                                   client: thanks N BYTES, and closes
///     server: wait                  client: waits for another kPatience (at most kMaxWaits times)
///
/// The client says "error WHY" and closes after anything else, after an item above kMaxItem bytes,
/// after more than kMaxItems items and after silence for kPatience.
class LineClient : public LineReceiver {
 public:
  static constexpr std::size_t kMaxLine = 128;
  static constexpr std::uint32_t kMaxItem = 2048, kMaxItems = 64, kMaxWaits = 3;
  static constexpr Duration kPatience = std::chrono::seconds(30);

  explicit LineClient(Clock& clock) : LineReceiver("\r\n", kMaxLine), clock_(clock) {}

  void connectionMade() override;
  void lineReceived(std::string_view line) override;
  void rawDataReceived(ByteView data) override;
  void lineLengthExceeded(std::string_view line) override;
  void connectionLost(const Failure& reason) override;

  bool finished() const noexcept { return state_ == State::kFinished; }
  std::uint32_t items() const noexcept { return items_; }
  /// Bytes of the items that were announced and received. They are equal when the client has
  /// finished without an error.
  std::uint64_t announced() const noexcept { return announced_; }
  std::uint64_t received() const noexcept { return received_; }
  bool failed() const noexcept { return failed_; }

 private:
  enum class State : std::uint8_t { kGreeting, kItems, kFinished };
  void item(std::string_view size);
  void finish(std::string_view words);
  void fail(std::string_view why);
  void beginPatience();

  Clock& clock_;
  DelayedCall patience_;
  State state_ = State::kGreeting;
  std::uint32_t left_ = 0, items_ = 0, waits_ = 0;
  std::uint64_t announced_ = 0, received_ = 0;
  bool failed_ = false;
};

}  // namespace teasel::targets
