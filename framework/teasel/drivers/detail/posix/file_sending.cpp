#include <teasel/drivers/detail/posix/file_sending.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel::posix {

namespace {

bool reachable(std::uint64_t offset, std::size_t size) noexcept {
  return std::in_range<off_t>(offset) && std::in_range<off_t>(offset + size);
}

FileSent sendCopies(int socket, int file, std::uint64_t offset, std::size_t size) noexcept {
  std::array<char, 16384> piece;
  FileSent out;
  while (out.bytes < size) {
    const ssize_t got =
        ::pread(file, piece.data(), std::min(piece.size(), size - out.bytes), static_cast<off_t>(offset + out.bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      out.fileError = got == 0 ? kFileEnded : errno;
      return out;
    }
    ssize_t sent = 0;
    do sent = ::send(socket, piece.data(), static_cast<std::size_t>(got), kNoSignal | kNoWait);
    while (sent < 0 && errno == EINTR);
    if (sent < got) out.socketError = sent < 0 ? errno : EAGAIN;
    if (sent > 0) out.bytes += static_cast<std::size_t>(sent);
    if (out.socketError != 0) return out;
  }
  return out;
}

/// Whether it is the socket that fails with this error, and not the file.
bool concernsSocket(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETRESET:
    case ENETUNREACH:
    case ENOTCONN:
    case EPIPE:
    case ETIMEDOUT: return true;
    default: return false;
  }
}

}  // namespace

FileSent sendFile(int socket, int file, std::uint64_t offset, std::size_t size, FileWay way) noexcept {
  FileSent out;
  if (!reachable(offset, size)) {
    out.fileError = EOVERFLOW;
    return out;
  }
  if (way == FileWay::kCopies) return sendCopies(socket, file, offset, size);
  // It goes on after fewer bytes, too. A call that moves some and then meets a reset has taken the
  // socket's error away: nobody else would hear of it, and receiving would give a clean end.
  while (out.bytes < size) {
    const ssize_t moved = moveToSocket(socket, file, static_cast<off_t>(offset + out.bytes), size - out.bytes);
    if (moved > 0) {
      out.bytes += static_cast<std::size_t>(moved);
    } else if (moved < 0 && (errno == EAGAIN || concernsSocket(errno))) {
      out.socketError = errno;
      return out;
    } else {
      // No bytes, or an error of which nobody knows whether it is the file's: reading tells.
      FileSent rest = sendCopies(socket, file, offset + out.bytes, size - out.bytes);
      rest.bytes += out.bytes;
      return rest;
    }
  }
  return out;
}

Failure fileFailure(int error, std::uint64_t offset) {
  const std::string place = " at byte " + std::to_string(offset);
  return Failure(FileReadError(error == kFileEnded
                                   ? "a file became shorter while it was sent: nothing is left" + place
                                   : "a file that was being sent cannot be read" + place + ": " + errorText(error)));
}

}  // namespace teasel::posix
