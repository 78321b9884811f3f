#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <teasel/reactor/resolver.hpp>

namespace teasel {

class Reactor;

/// Looks names up by a function that blocks, in the threads of the reactor's pool. The drivers of
/// the kernel bring it with getaddrinfo as that function. The model is
/// twisted.internet._resolver.GAIResolver.
///
/// At most kMostAtOnce questions are looked up at once, so that others get threads as well; further
/// questions wait for their turn. A question that is cancelled or whose time is over while it waits
/// is never looked up. A lookup that has begun cannot be stopped: its result is dropped. It holds
/// up nobody who still waits, until kMostRunning lookups run in all, those that nobody waits for
/// included. Then all wait for one of them to end. The shutdown of the reactor waits for it, as for
/// every call in a thread. getaddrinfo gives up by itself, after the times in resolv.conf(5): with
/// the usual settings 10 s for each name server.
class ThreadedResolver final : public Resolver {
 public:
  /// Gives the addresses of a host, with any port, or throws a DNSLookupError. It is called in a
  /// thread, several times at once.
  using BlockingLookup = std::vector<Address> (*)(const std::string& name);
  static constexpr std::size_t kMostAtOnce = 4;
  /// A pool has ten threads, if nobody has changed that.
  static constexpr std::size_t kMostRunning = 8;

  /// `reactor` must outlive the resolver, as Reactor::installResolver sees to.
  ThreadedResolver(Reactor& reactor, BlockingLookup lookUp);
  ~ThreadedResolver() override;

 private:
  struct Running;
  void ask(std::shared_ptr<Question> question) override;
  void abandoned() noexcept override;
  void over() noexcept override;
  bool mayBegin() const noexcept;
  void begin();
  void end(const std::shared_ptr<Question>& question, const std::vector<Address>& addresses, const Failure& failure);

  Reactor& reactor_;
  const BlockingLookup lookUp_;
  std::deque<std::shared_ptr<Question>> waiting_;
  std::vector<std::shared_ptr<Question>> running_;
  DelayedCall beginSoon_;
  std::shared_ptr<ThreadedResolver*> self_;  // null once this is gone
};

}  // namespace teasel
