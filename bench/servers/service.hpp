#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kind.hpp"

/// What the servers under test do, without any networking. A backend brings streams and timers;
/// this says what is written to them. So the file of a backend is short, and all do the same work.

namespace teasel::bench {

/// Bytes whose sequence repeats only after kPeriod. A byte that is lost, doubled or out of order
/// so changes what follows. `at` is the place in the stream.
class Pattern {
 public:
  static constexpr std::size_t kPeriod = 65521;
  static constexpr std::size_t kLongest = 65536;
  /// `size` bytes, at most kLongest, of the stream from `at` on.
  static std::span<const char> from(std::uint64_t at, std::size_t size);
};

/// What a sink and a server of timers answer.
struct Receipt {
  std::uint64_t count;  ///< bytes taken so far; or timers that were set
  std::uint64_t check;  ///< the sum of these bytes; or timers that came before they were due
};

/// A connection of a backend. The backend deletes it when it is over, after Service::closed.
class ServedStream {
 public:
  ServedStream() = default;
  ServedStream(const ServedStream&) = delete;
  ServedStream& operator=(const ServedStream&) = delete;
  virtual ~ServedStream() = default;
  /// Sends all of it, in order, now or later. The bytes are borrowed for the call. Calls nothing of
  /// the Service.
  virtual void write(const char* data, std::size_t size) = 0;

 private:
  friend class Service;
  Receipt taken_{};                    // kSink
  std::uint64_t left_ = 0, sent_ = 0;  // kSource
  std::string number_;                 // kSource, kTimers: what has come of a number
  std::size_t place_ = 0;              // kFanOut: its index in the list
};

/// What a server of one kind does.
class Service {
 public:
  static constexpr std::uint64_t kReceiptEvery = std::uint64_t{1} << 20;
  static constexpr std::size_t kPiece = 65536;
  /// Runs `call` once, after a whole number of milliseconds.
  using StartTimer = std::function<void(unsigned milliseconds, std::function<void()> call)>;

  /// Throws std::runtime_error where the kind needs timers and the backend has none.
  explicit Service(Kind kind, StartTimer startTimer = nullptr);

  Kind kind() const noexcept { return kind_; }
  void opened(ServedStream& stream);
  void closed(ServedStream& stream);
  void received(ServedStream& stream, const char* data, std::size_t size);
  /// Everything that was written to `stream` has left. Returns true if it wrote more.
  bool drained(ServedStream& stream);

 private:
  void sink(ServedStream& stream, const char* data, std::size_t size);
  void number(ServedStream& stream, const char* data, std::size_t size);
  void setTimers(ServedStream& stream, std::uint64_t count);

  Kind kind_;
  StartTimer startTimer_;
  std::vector<ServedStream*> streams_;  // kFanOut
};

}  // namespace teasel::bench
