#pragma once

#include <cstddef>
#include <string>

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <teasel/core/clock.hpp>

/// The calls that differ between operating systems. The rest of drivers/ keeps to POSIX.1-2008,
/// except for the io_uring driver and the epoll poller.
///
/// system.cpp has each call in two forms: as Linux offers it, and made of calls that POSIX has. The
/// second form is for every other system. A build with TEASEL_PORTABLE_SYSTEM uses it on Linux,
/// too, and so drivers_portable_test can run the drivers on it.
#if defined(__linux__) && !defined(TEASEL_PORTABLE_SYSTEM)
#define TEASEL_LINUX_SYSTEM 1
#else
#define TEASEL_LINUX_SYSTEM 0
#endif

namespace teasel::posix {

/// Whether the system has epoll.
inline constexpr bool kHasEpoll = TEASEL_LINUX_SYSTEM == 1;

/// A flag for send and sendmsg: they raise no SIGPIPE when the peer is gone. On a system without
/// it, openSocket and acceptSocket set an option of the socket that does the same.
#ifdef MSG_NOSIGNAL
inline constexpr int kNoSignal = MSG_NOSIGNAL;
#else
inline constexpr int kNoSignal = 0;
#endif

/// A flag for recv, send and sendmsg: they never wait, even if somebody else has changed that for
/// the description. On a system without it, the descriptor alone says so.
#ifdef MSG_DONTWAIT
inline constexpr int kNoWait = MSG_DONTWAIT;
#else
inline constexpr int kNoWait = 0;
#endif

/// Whether calls on a descriptor wait. Readiness drivers need descriptors that do not wait.
/// io_uring does its own waiting, on either kind.
enum class Blocking : bool { kNo, kYes };

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

// All descriptors that these calls make are closed on exec. The portable form arranges that in a
// second call: a program that another thread starts between the two calls inherits the descriptor.
// A call that fails returns -1 and sets errno.

/// Makes a stream socket of `family`: AF_INET or AF_INET6 for TCP, or AF_UNIX.
int openSocket(int family, Blocking blocking) noexcept;
/// Makes a UNIX datagram socket that waits.
int openProbe() noexcept;
/// Accepts the next connection of `listener`, as a socket that never blocks, and sets `peer` to the
/// address that it comes from. `listener` must not block.
int acceptSocket(int listener, SocketAddress& peer) noexcept;
/// Makes another descriptor of the same description. Calls on it do not wait; this changes that for
/// `descriptor`, too.
int duplicate(int descriptor) noexcept;
/// Sets whether calls on the descriptor wait. Returns false and sets errno if that fails.
bool setBlocking(int descriptor, Blocking blocking) noexcept;
/// Whether accept failed with `error` because of that one connection: then the next one may be
/// accepted at once.
bool concernsOneConnection(int error) noexcept;
/// Makes a pipe: what is written to ends[1] can be read from ends[0].
int openPipe(int (&ends)[2], Blocking blocking) noexcept;
/// Makes descriptors that do not block. Eight bytes written to ends[1] make ends[0] readable. Both
/// may be the same descriptor. closeWakeUp() closes them.
int openWakeUp(int (&ends)[2]) noexcept;
void closeWakeUp(const int (&ends)[2]) noexcept;

/// Receives at most `most` bytes from a socket that does not block, and throws them away. Returns
/// what recv returns: how many bytes, 0 at the end of the stream, or -1 (with EAGAIN in errno when
/// nothing is there).
ssize_t discard(int descriptor, std::size_t most) noexcept;
/// Has the kernel move at most `size` bytes of `file` from `offset` on to `socket`. Returns how
/// many it has moved, 0 where the file has none, or -1: with EAGAIN when a socket that does not
/// wait takes no more, with ENOSYS where the system has no such call. Fewer bytes than `size` do
/// not say why: the next call does. Raises no SIGPIPE.
ssize_t moveToSocket(int socket, int file, off_t offset, std::size_t size) noexcept;
/// poll(2), waiting for at most `maxWait`; Duration::max() waits without end. The portable form
/// rounds the wait up to milliseconds.
int waitForAny(pollfd* watched, std::size_t count, Duration maxWait) noexcept;
/// Lets the kernel choose the port of a socket that will be bound to port 0 only when the socket
/// connects. The kernel knows the destination then, so that many more connections find a port. Does
/// nothing on a system that cannot do that.
void choosePortLate(int descriptor) noexcept;

/// The text of an errno value with its name: "Connection refused (ECONNREFUSED)". Where the name is
/// not known, the text contains the number, as in "error 99999".
std::string errorText(int error);

}  // namespace teasel::posix
