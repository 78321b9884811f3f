#pragma once

#include <cstddef>
#include <cstdint>

#include <teasel/core/failure.hpp>

/// How bytes of a file get to a socket.
namespace teasel::posix {

/// What came of sendFile.
struct FileSent {
  std::size_t bytes = 0;
  int socketError = 0;  ///< an errno value; EAGAIN: the socket takes no more now
  int fileError = 0;    ///< an errno value, or kFileEnded
};
/// The file has no bytes at that place.
inline constexpr int kFileEnded = -1;

/// kKernel: the kernel moves the bytes, where the system has a call for that and the file is of the
/// right kind. Otherwise, and by kCopies, they are read into memory and sent. Only kCopies never
/// waits on a socket that somebody else has made wait.
enum class FileWay : bool { kKernel, kCopies };

/// Sends at most `size` bytes of `file` from `offset` on to `socket`, which must not wait: as many
/// as it takes now. Both errors are 0 only if these are all. Raises no SIGPIPE. Waits for the disk
/// where the bytes are not in memory.
FileSent sendFile(int socket, int file, std::uint64_t offset, std::size_t size, FileWay way) noexcept;

/// The FileReadError for a `fileError` at `offset`.
Failure fileFailure(int error, std::uint64_t offset);

}  // namespace teasel::posix
