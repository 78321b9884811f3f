#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/core/sanitizers.hpp>

namespace teasel::fakes {

/// The memory in which the bytes of a delivered chunk lie during a callback. A callback must not
/// read beyond the end of its chunk, and nobody may read the chunk after the callback has returned.
/// Each mode makes such mistakes visible in its own way.
class ChunkMemory {
 public:
  enum class Mode : std::uint8_t {
    /// one buffer that is reused, and overwritten after the callback: a view that was kept shows
    /// garbage, in plain builds too
    kOverwrite,
    /// a fresh heap block of exactly the size of the chunk: AddressSanitizer sees every stray byte.
    /// For replay
    kExact,
    /// a ring that is poisoned under AddressSanitizer, except for the chunk. It costs about a sixth
    /// of kExact and is nearly as sharp: it misses only a view that is used after the ring has come
    /// round. For campaigns
    kRing,
  };
  static constexpr Mode kDefault = teasel::detail::kSanitized ? Mode::kExact : Mode::kOverwrite;
  static constexpr std::size_t kRingBytes = std::size_t{1} << 20;
  /// The byte with which chunks are overwritten.
  static constexpr char kJunk = '\xDB';

  ChunkMemory() = default;
  ChunkMemory(const ChunkMemory&) = delete;
  ChunkMemory& operator=(const ChunkMemory&) = delete;
  ~ChunkMemory();

  void setMode(Mode mode) noexcept { mode_ = mode; }
  Mode mode() const noexcept { return mode_; }

  /// A copy of some bytes, valid while this object lives. The memory must outlive it. They may
  /// nest.
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
