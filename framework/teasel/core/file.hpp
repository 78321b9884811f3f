#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <teasel/core/failure.hpp>

namespace teasel {

/// Something that bytes are read from, for FileSender and Transport::writeFile. openFile of
/// <teasel/drivers/open_file.hpp> opens one of the system's.
///
/// Held by shared_ptr. Whoever sends from it keeps it until the last byte is sent or given up, so
/// the descriptor stays open as long. One file may be sent over many connections at a time, because
/// nobody moves a position in it. One thread only.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  /// Reads from `offset` on, counted in bytes from the beginning, and fills `into` from the front.
  /// Returns how many bytes it put there; 0 means the end. What cannot be read at any place, for
  /// example a pipe, ignores `offset` and goes on behind what was read last. Throws FileReadError
  /// when reading fails. It may wait, and the reactor with it.
  virtual std::size_t read(std::uint64_t offset, std::span<char> into) = 0;
  /// How many bytes the file has now, if that many can be read at any place; 0 where nobody knows
  /// without reading. Throws FileReadError when the system does not tell.
  virtual std::uint64_t size() { return 0; }
  /// The descriptor from which a driver can send `size()` bytes without reading them; -1 if there
  /// is none, which is the default.
  virtual int descriptor() const noexcept { return -1; }
  /// A driver was to send bytes of this file and could not get them: `why` is a FileReadError. The
  /// driver calls this before it tells the stream. An override notes it and does nothing else; the
  /// default does not even that.
  virtual void sendingFailed(const Failure& why) noexcept { static_cast<void>(why); }
};

}  // namespace teasel
