#pragma once

#include "../servers/kind.hpp"
#include "../servers/serve.hpp"

/// Servers that are written by hand on the kernel's interfaces. They are the references for the
/// ratios of rows. Each server listens on a free port of 127.0.0.1, passes the port to `listening`
/// and serves until its process is killed. A server handles what a correct server must handle:
/// short writes, ends of stream and closing. It does nothing else: it has no layers and no timers,
/// and no buffer per connection as long as all goes well. Each throws std::runtime_error when its
/// mechanism cannot be used on this machine.

namespace teasel::bench {

/// Level-triggered epoll: one recv and one send per readable connection.
void serveRawEpoll(Kind kind, const Listening& listening);
/// The same on a UNIX socket, an echo. What it passes to `listening` is the number of its abstract
/// name (unixName in sockets.hpp).
void serveRawEpollUnix(const Listening& listening);
/// poll(2), with an array that is kept between waits.
void serveRawPoll(Kind kind, const Listening& listening);
/// select(2). Refuses descriptors of FD_SETSIZE and above.
void serveRawSelect(Kind kind, const Listening& listening);
/// io_uring: multishot accept, and multishot receive into a ring of 256 provided buffers of 16 KiB.
/// The server sends from these buffers.
void serveRawIoUring(Kind kind, const Listening& listening);

}  // namespace teasel::bench
