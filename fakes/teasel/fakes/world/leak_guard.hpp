#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/site.hpp>

namespace teasel::fakes {

/// Something that should have ended before the world, the reactor or the test in which it lived.
struct Leftover {
  enum class Kind : std::uint8_t { kTimer, kConnection, kDeferred, kFailure, kProtocol, kScript };
  Kind kind;
  std::string text;  ///< what it is, and where it was made
  Site made;
};
const char* name(Leftover::Kind kind) noexcept;

/// Receives what worlds, StringTransports and Scripts find left over when they are destroyed. The
/// listener of the test owns it. Its calls must not throw.
class LeakSink {
 public:
  virtual void leftover(const Leftover& what) = 0;

 protected:
  ~LeakSink() = default;
};

/// Leftovers go to the sink of this thread, or nowhere.
namespace leak_guard {
/// Sets the sink, null for none. Returns the former one.
LeakSink* setSink(LeakSink* sink) noexcept;
bool listening() noexcept;
void report(const Leftover& what) noexcept;
}  // namespace leak_guard

/// Collects the leftovers of this thread while it lives, for a test of something that leaves them
/// on purpose.
class LeakCapture final : public LeakSink {
 public:
  LeakCapture() noexcept : outer_(leak_guard::setSink(this)) {}
  LeakCapture(const LeakCapture&) = delete;
  LeakCapture& operator=(const LeakCapture&) = delete;
  ~LeakCapture() { leak_guard::setSink(outer_); }
  void leftover(const Leftover& what) override { found_.push_back(what); }
  const std::vector<Leftover>& found() const noexcept { return found_; }
  std::vector<Leftover> take() { return std::exchange(found_, {}); }

 private:
  std::vector<Leftover> found_;
  LeakSink* outer_;
};

}  // namespace teasel::fakes
