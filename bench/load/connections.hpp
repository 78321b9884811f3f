#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace teasel::bench {

/// The sockets of a load generator: connections to a server on 127.0.0.1, in one thread on epoll.
/// What they send, and what they expect, a derived class says. It compares every byte that comes.
/// What a server does wrong makes a call throw std::runtime_error, which names the connection.
/// Where this machine has no port or descriptor for one more, a call throws Skip.
class LoadConnections {
 public:
  using OnBytes = std::function<void(std::size_t stream)>;

  LoadConnections(const LoadConnections&) = delete;
  LoadConnections& operator=(const LoadConnections&) = delete;
  /// Resets all connections, so that none stays in TIME_WAIT.
  virtual ~LoadConnections();

  std::size_t size() const noexcept { return streams_.size(); }
  /// Waits for events, at most `milliseconds`, and handles them. Calls `onBytes` when bytes came.
  /// Returns false if nothing happened in all that time.
  bool poll(int milliseconds, const OnBytes& onBytes = nullptr);
  /// Polls until every connection has got all that it expects. Throws when nothing comes for
  /// effort().patience.
  void finish(const OnBytes& onBytes = nullptr);
  /// The bytes that have come on a connection, and those that were posted.
  std::uint64_t received(std::size_t stream) const { return streams_[stream].received; }
  std::uint64_t posted(std::size_t stream) const { return streams_[stream].posted; }
  /// Resets a connection, whatever is on its way, and makes a new one in its place.
  void resetAndConnect(std::size_t stream);
  /// Closes a connection in good order, and makes a new one in its place.
  void leaveAndConnect(std::size_t stream);

  /// Begins the next exchange: sends a request, now or as soon as there is room, and expects its
  /// reply.
  virtual void begin(std::size_t stream) = 0;
  /// How many exchanges of a connection have begun and are not over.
  virtual std::uint64_t underWay(std::size_t stream) const = 0;
  /// Every connection makes one exchange after the other. At least `count` in all; returns how
  /// many. None is under way afterwards.
  long exchanges(long count);

 protected:
  struct Stream {
    int socket = -1;
    std::uint64_t posted = 0, sent = 0;
    std::uint64_t expected = 0, received = 0;
  };

  LoadConnections(std::uint16_t port, int connections);
  /// A derived class calls it when it is made. `pause` is how many connections are made between two
  /// short rests, which let the server accept them; 0: no rests.
  void connectAll(int pause);
  Stream& stream(std::size_t index) { return streams_[index]; }
  const Stream& stream(std::size_t index) const { return streams_[index]; }
  /// Sends what is posted, as far as there is room.
  void send(std::size_t index);

  /// A connection begins: before it is made, and when it can be written to.
  virtual void connecting(std::size_t index) = 0;
  virtual void opened(std::size_t index) { static_cast<void>(index); }
  /// What is to be sent from stream(index).sent on: some of it, and not nothing.
  virtual std::span<const char> outgoing(std::size_t index) = 0;
  /// Compares what came, from stream(index).received on. Throws if it is not what was expected.
  virtual void check(std::size_t index, std::span<const char> bytes) = 0;
  /// After `check`, when the bytes are counted.
  virtual void checked(std::size_t index) { static_cast<void>(index); }
  /// What is said of a connection that has waited in vain: what it lacks.
  virtual std::string missing(std::size_t index) const = 0;
  /// What messages call a connection.
  virtual std::string nameOf(std::size_t index) const;

 private:
  void connectStream(std::size_t index);
  /// The result of a call on a connected socket. Throws where the connection is over.
  ssize_t transferred(ssize_t result, std::size_t index, const char* what) const;
  /// Reads all that is there. Returns true if there was something.
  bool receive(std::size_t index);

  std::uint16_t port_;
  int poller_ = -1;
  std::vector<Stream> streams_;
  std::vector<char> buffer_;
};

}  // namespace teasel::bench
