#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/sanitizers.hpp>

namespace teasel::fakes {

/// Where the bytes of a delivered chunk lie while a callback looks at them. Each way makes a
/// different mistake visible: a chunk must not be read beyond its end, nor after its callback has
/// returned.
class ChunkMemory {
 public:
  enum class Mode : std::uint8_t {
    /// a reused buffer, overwritten after the callback: kept views show garbage even in plain
    /// builds
    kOverwrite,
    /// a fresh heap block of exactly the chunk's size: AddressSanitizer sees every stray byte. For
    /// replay
    kExact,
    /// a ring, poisoned but for the chunk, under AddressSanitizer; about six times cheaper than
    /// kExact and nearly as sharp: a kept view is missed once the ring has come round. For
    /// campaigns
    kRing,
  };
  static constexpr Mode kDefault = teasel::detail::kSanitized ? Mode::kExact : Mode::kOverwrite;
  static constexpr std::size_t kRingBytes = std::size_t{1} << 20;
  /// What overwritten chunks are filled with.
  static constexpr char kJunk = '\xDB';

  ChunkMemory() = default;
  ChunkMemory(const ChunkMemory&) = delete;
  ChunkMemory& operator=(const ChunkMemory&) = delete;
  ~ChunkMemory();

  void setMode(Mode mode) noexcept { mode_ = mode; }
  Mode mode() const noexcept { return mode_; }

  /// A copy of some bytes, valid while this object lives.
  class Held {
   public:
    Held(ChunkMemory& memory, ByteView bytes);
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();
    ByteView view() const noexcept { return view_; }

   private:
    ChunkMemory& memory_;
    ByteView view_;
    std::unique_ptr<char[]> own_;
    char* place_ = nullptr;
    bool nested_ = false;
  };

 private:
  char* fromRing(std::size_t size);
  std::vector<char> buffer_;
  std::unique_ptr<char[]> ringMemory_;
  char* ring_ = nullptr;
  std::size_t ringAt_ = 0;
  Mode mode_ = kDefault;
  bool busy_ = false;
};

}  // namespace teasel::fakes
