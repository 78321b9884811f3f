#pragma once

#include <string>
#include <string_view>

#include <teasel/core/address.hpp>
#include <teasel/core/failure.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

/// The socket calls that the drivers share: they convert addresses, open sockets, and turn errno
/// into typed errors.
namespace teasel::posix {

SocketAddress toNative(const Address& address) noexcept;
/// For families other than IPv4, IPv6 and UNIX the result is Address(), the address "none". A UNIX
/// name that is longer than Address allows counts as unnamed: a peer may choose its own name.
Address fromNative(const SocketAddress& native);
/// The address of a socket's own end, or of its peer; Address() if it has none.
Address localAddress(int descriptor);
Address remoteAddress(int descriptor);
/// Whether it is 0.0.0.0 or ::, with any port.
bool isWildcard(const Address& address) noexcept;

/// Opens a TCP socket that is bound to `at` and listens. The sockets that it accepts inherit
/// TCP_NODELAY from it. On failure returns -1 and sets `why` (a CannotListenError). unix_file.hpp
/// has the same for UNIX sockets.
int openListener(const Address& at, int backlog, Blocking blocking, Failure& why);
/// Opens a TCP or UNIX socket that is ready to connect to `to`. It is bound to `bind` unless that
/// is none. On failure returns -1 and sets `why` (a ConnectError).
int openClient(const Address& to, const Address& bind, Blocking blocking, Failure& why);
/// Whether a socket is what adopting needs.
enum class Adopt : bool { kListening, kConnected };
/// Duplicates `descriptor`, a stream socket of IPv4, IPv6 or UNIX that listens or is connected.
/// Calls on it do not wait from then on, whatever the driver is: others may use the same
/// description. On failure returns -1, and `why` is the part of a sentence that says what it is:
/// "descriptor 7 is a UDP socket".
int adoptSocket(int descriptor, Adopt as, std::string& why);
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
