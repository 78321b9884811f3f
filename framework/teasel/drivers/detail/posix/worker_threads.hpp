#pragma once

#include <memory>

#include <teasel/reactor/thread_pool.hpp>

namespace teasel::posix {

/// Real threads: begun when there is work for them and kept until the pool ends. They take no
/// signals, which are for the thread that runs the reactor.
std::unique_ptr<ThreadPool> makeThreadPool();

}  // namespace teasel::posix
