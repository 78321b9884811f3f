#pragma once

#include <string_view>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

/// The socket calls that the drivers share: they convert addresses, open sockets, and turn errno
/// into typed errors.
namespace teasel::posix {

SocketAddress toNative(const Address& address) noexcept;
/// For families other than IPv4 and IPv6 the result is Address(), the address "none".
Address fromNative(const SocketAddress& native) noexcept;
/// The address of a socket's own end, or of its peer; Address() if it has none.
Address localAddress(int descriptor) noexcept;
Address remoteAddress(int descriptor) noexcept;
/// Whether it is 0.0.0.0 or ::, with any port.
bool isWildcard(const Address& address) noexcept;

/// Opens a TCP socket that is bound to `at` and listens. The sockets that it accepts inherit
/// TCP_NODELAY from it. On failure returns -1 and sets `why` (a CannotListenError).
int openListener(const Address& at, int backlog, Blocking blocking, Failure& why);
/// Opens a TCP socket that is ready to connect to `to`. It is bound to `bind` unless that is none.
/// On failure returns -1 and sets `why` (a ConnectError).
int openClient(const Address& to, const Address& bind, Blocking blocking, Failure& why);
/// Why connecting failed: the ConnectError, or the type derived from it, for `error`.
Failure connectFailure(int error, const Address& to);
/// Why an established stream died: the immortal connectionLost() after a reset, otherwise a
/// ConnectionLost that says which `operation` failed.
Failure lossFailure(int error, std::string_view operation);
/// Why accepting failed on a port that listens on `at`.
Failure acceptFailure(int error, const Address& at);
/// Takes the pending error of a socket away from it and returns it; 0 if there is none.
int takeSocketError(int descriptor) noexcept;
/// Closes the socket. The peer sees a reset, and what is queued is dropped.
void closeWithReset(int descriptor) noexcept;

}  // namespace teasel::posix
