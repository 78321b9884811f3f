#pragma once

#include <cstddef>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <teasel/core/clock.hpp>

/// What differs between operating systems, in one place: everything else under drivers/ keeps to
/// POSIX.1-2008, but the io_uring driver and the epoll poller.
///
/// system.cpp has each call twice: as Linux offers it, and made of what POSIX promises. The second
/// form is for every other system. A build with TEASEL_PORTABLE_SYSTEM takes it on Linux, too:
/// drivers_portable_test runs the drivers on it.
#if defined(__linux__) && !defined(TEASEL_PORTABLE_SYSTEM)
#define TEASEL_LINUX_SYSTEM 1
#else
#define TEASEL_LINUX_SYSTEM 0
#endif

namespace teasel::posix {

/// Whether epoll_poller.cpp has an epoll to use.
inline constexpr bool kHasEpoll = TEASEL_LINUX_SYSTEM == 1;

/// For send and sendmsg: a peer that is gone raises no SIGPIPE. Where a system lacks the flag, the
/// sockets of openSocket and acceptSocket have an option that does the same.
#ifdef MSG_NOSIGNAL
inline constexpr int kNoSignal = MSG_NOSIGNAL;
#else
inline constexpr int kNoSignal = 0;
#endif

/// Whether calls on a descriptor wait: readiness drivers need descriptors that do not, io_uring
/// does its own waiting.
enum class Blocking : bool { kNo, kYes };

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// All descriptors made here are closed on exec. The portable form does that in a second call: a
// program that another thread starts between the two inherits the descriptor. Each call returns -1
// and sets errno where it fails.

/// A TCP socket of `family`, AF_INET or AF_INET6.
int openSocket(int family, Blocking blocking) noexcept;
/// The next connection of `listener`, never blocking, and who connects.
int acceptSocket(int listener, SocketAddress& peer) noexcept;
/// Whether accept failed with `error` because of the connection, not because of us: the next one
/// may work at once.
bool concernsOneConnection(int error) noexcept;
/// A pipe: reads from ends[0], writes to ends[1].
int openPipe(int (&ends)[2], Blocking blocking) noexcept;
/// Descriptors that do not block: what is written to ends[1], eight bytes at a time, makes ends[0]
/// readable. Both may be the same one. closeWakeUp() closes them.
int openWakeUp(int (&ends)[2]) noexcept;
void closeWakeUp(const int (&ends)[2]) noexcept;

/// Receives from a descriptor that does not block, and throws away at most `most` bytes. Returns
/// like recv: how many, 0 at the end of the stream, -1 and errno (EAGAIN: nothing is there).
ssize_t discard(int descriptor, std::size_t most) noexcept;
/// poll(2) for at most `maxWait`; Duration::max() is without end. The portable form counts in
/// milliseconds, rounded up.
int waitForAny(pollfd* watched, std::size_t count, Duration maxWait) noexcept;
/// The port of a socket that will be bound to port 0 may be chosen when it connects. Many more
/// connections fit then, because the destination counts, too. Does nothing where that is unknown.
void choosePortLate(int descriptor) noexcept;

/// "Connection refused (ECONNREFUSED)"; "error 99999" or a text with that number in it where the
/// name is not known.
std::string errorText(int error);

}  // namespace teasel::posix
