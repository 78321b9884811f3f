#pragma once

#include "../servers/kind.hpp"
#include "../servers/serve.hpp"

/// Servers on other networking libraries, for readers who know one of these libraries and want to
/// compare. Each is written as the documentation of its library teaches. Only the servers whose
/// library is installed are built (servers/backends.hpp lists them).

namespace teasel::bench {

/// Callbacks: async_read_some, async_write.
void serveAsio(Kind kind, const Listening& listening);
/// The echo is a coroutine for each connection (C++20, awaitable), and so is all reading.
void serveAsioCoroutines(Kind kind, const Listening& listening);
void serveLibev(Kind kind, const Listening& listening);
/// Bufferevents.
void serveLibevent(Kind kind, const Listening& listening);
/// As libuv's guide has it: a buffer for each read, which uv_write sends back.
void serveLibuv(Kind kind, const Listening& listening);
/// The fastest way to use libuv: all reads share one buffer, and uv_try_write comes first.
void serveLibuvTry(Kind kind, const Listening& listening);

}  // namespace teasel::bench
