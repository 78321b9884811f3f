#pragma once

#include <memory>

#include <teasel/reactor/thread_pool.hpp>

namespace teasel::posix {

/// A pool of real threads. A thread begins when there is work for it, and stays until the pool ends
/// or shrinks. The threads take no signals: those are for the thread that runs the reactor.
std::unique_ptr<ThreadPool> makeThreadPool();

}  // namespace teasel::posix
