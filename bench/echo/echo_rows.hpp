#pragma once

/// Adds the rows of servers on loopback: echo/, echo-vs-epoll/, peer/, syscalls/, connect/.

namespace teasel::bench {

void addEchoRows();

}  // namespace teasel::bench
