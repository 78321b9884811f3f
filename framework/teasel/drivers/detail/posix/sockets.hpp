#pragma once

#include <string_view>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

/// The socket calls that the drivers share: addresses to and fro, opening, and errno as typed
/// errors.
namespace teasel::posix {

SocketAddress toNative(const Address& address) noexcept;
/// None for families other than IPv4 and IPv6.
Address fromNative(const SocketAddress& native) noexcept;
Address localAddress(int descriptor) noexcept;
Address remoteAddress(int descriptor) noexcept;
/// 0.0.0.0 or ::.
bool isWildcard(const Address& address) noexcept;

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
/// The pending error of a socket, taken from it; 0 if none.
int takeSocketError(int descriptor) noexcept;
/// Closes so that the peer sees a reset, whatever is queued.
void closeWithReset(int descriptor) noexcept;

}  // namespace teasel::posix
