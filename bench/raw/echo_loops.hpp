#pragma once

#include <cstdint>
#include <functional>

/// Echo servers written by hand straight on the kernel's interfaces: what a row's ratio is measured
/// against. Each listens on a free port of 127.0.0.1, tells `listening` the port and serves until
/// its process is killed. They do what a correct server must (short writes, ends of stream,
/// closing) and nothing else: no layers, no buffers per connection while all goes well. Each throws
/// std::runtime_error when its mechanism cannot be used here.

namespace teasel::bench {

using Listening = std::function<void(std::uint16_t port)>;

/// Level-triggered epoll: one recv and one send per readable connection.
void serveRawEpoll(const Listening& listening);
/// poll(2) over an array that is kept between waits.
void serveRawPoll(const Listening& listening);
/// select(2); refuses descriptors from FD_SETSIZE on.
void serveRawSelect(const Listening& listening);
/// io_uring: multishot accept, multishot receive into a ring of 256 provided buffers of 16 KiB,
/// which are sent from.
void serveRawIoUring(const Listening& listening);

}  // namespace teasel::bench
