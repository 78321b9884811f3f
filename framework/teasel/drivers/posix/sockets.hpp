#pragma once

#include <string>
#include <string_view>

#include <sys/socket.h>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>

/// The socket calls that the drivers share: addresses to and fro, opening, and errno as typed
/// errors.
namespace teasel::posix {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress toNative(const Address& address) noexcept;
/// None for families other than IPv4 and IPv6.
Address fromNative(const SocketAddress& native) noexcept;
Address localAddress(int descriptor) noexcept;
Address remoteAddress(int descriptor) noexcept;
/// 0.0.0.0 or ::.
bool isWildcard(const Address& address) noexcept;

/// "Connection refused (ECONNREFUSED)".
std::string errorText(int error);

/// Whether descriptors are made with O_NONBLOCK: readiness drivers need it, io_uring does its own
/// waiting.
enum class Blocking : bool { kNo, kYes };

/// A bound, listening TCP socket that passes TCP_NODELAY on to what it accepts; -1 and `why` (a
/// CannotListenError).
int openListener(const Address& at, int backlog, Blocking blocking, Failure& why);
/// A TCP socket that is ready to connect to `to`, bound to `bind` if that is given; -1 and `why` (a
/// ConnectError).
int openClient(const Address& to, const Address& bind, Blocking blocking, Failure& why);
/// Why connecting failed, as the ConnectError for `error`.
Failure connectFailure(int error, const Address& to);
/// Why an established stream died: the immortal connectionLost() for resets, else a ConnectionLost
/// that says what failed.
Failure lossFailure(int error, std::string_view operation);
/// Why accepting failed.
Failure acceptFailure(int error, const Address& at);
/// Whether accept failed because of the connection, not because of us: the next one may work at
/// once.
bool concernsOneConnection(int acceptError) noexcept;
/// The pending error of a socket, taken from it; 0 if none.
int takeSocketError(int descriptor) noexcept;
/// Closes so that the peer sees a reset, whatever is queued.
void closeWithReset(int descriptor) noexcept;

}  // namespace teasel::posix
