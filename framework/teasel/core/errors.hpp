#pragma once

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>

#include <teasel/core/failure.hpp>

/// The errors that Teasel reports. Names and base classes are those of twisted.internet.error.

namespace teasel {

#define TEASEL_ERROR(Name, Base) \
  class Name : public Base {     \
    using Super = Base;          \
                                 \
   public:                       \
    using Super::Super;          \
  }

/// The connection has ended. The base of every reason that connectionLost gets from a transport.
TEASEL_ERROR(ConnectionClosed, std::runtime_error);
/// It ended cleanly: by the peer's end of stream, or by our own loseConnection.
TEASEL_ERROR(ConnectionDone, ConnectionClosed);
/// It ended uncleanly: by a reset from the peer, or by an error of the transport.
TEASEL_ERROR(ConnectionLost, ConnectionClosed);
/// We ended it by abortConnection. It tells who called that, and why, as far as they are known.
class ConnectionAborted : public ConnectionLost {
 public:
  using ConnectionLost::ConnectionLost;
  /// `site` called abortConnection (Site{}: unknown); `cause` made it do so (may be empty).
  ConnectionAborted(Site site, Failure cause) noexcept;
  ConnectionAborted(const ConnectionAborted& other) noexcept;
  ConnectionAborted& operator=(const ConnectionAborted&) = delete;
  ~ConnectionAborted() override;
  Site site() const noexcept { return site_; }
  const Failure& cause() const noexcept { return cause_; }
  /// "the connection was aborted on this side by abortConnection at server.cpp:42, because of
  /// FileReadError: reading the stream failed". The text is made when somebody asks for it, so that
  /// an abort costs no more than before. Safe in several threads at once.
  const char* what() const noexcept override;

 private:
  Site site_;
  Failure cause_;
  mutable std::atomic<const std::string*> text_{nullptr};  // owned; null until what() was called
};

/// A connection could not be made.
TEASEL_ERROR(ConnectError, std::runtime_error);
TEASEL_ERROR(ConnectBindError, ConnectError);
TEASEL_ERROR(ConnectionRefusedError, ConnectError);
TEASEL_ERROR(NoRouteError, ConnectError);
TEASEL_ERROR(UnknownHostError, ConnectError);
/// connectUNIX with checkPID: no living process holds the lock of that UNIX socket.
TEASEL_ERROR(BadFileError, ConnectError);
/// The peer did not answer in time.
TEASEL_ERROR(TimeoutError, ConnectError);
/// stopConnecting was called (Twisted: UserError).
TEASEL_ERROR(UserError, ConnectError);
/// A Deferred of a connection attempt was cancelled.
TEASEL_ERROR(ConnectingCancelledError, ConnectError);
/// A name could not be resolved.
TEASEL_ERROR(DNSLookupError, std::runtime_error);
/// No answer came in time (Resolver::resolve).
TEASEL_ERROR(DNSTimeoutError, DNSLookupError);
/// listen failed: the port is taken, or the address is not ours, or the limit of descriptors is
/// reached.
TEASEL_ERROR(CannotListenError, std::runtime_error);
/// A descriptor that can be adopted once was adopted before.
TEASEL_ERROR(AlreadyListened, std::logic_error);
/// The factory returned no protocol for a connection that somebody waits for.
TEASEL_ERROR(NoProtocol, std::runtime_error);

/// A file or a stream could not be opened or read, or had fewer bytes than it was known to have.
TEASEL_ERROR(FileReadError, std::runtime_error);

/// The library was used wrongly. The call had no effect.
TEASEL_ERROR(UsageError, std::logic_error);
/// cancel, reset or delay of a DelayedCall that has run. A Deferred that is fired twice throws
/// AlreadyCalledError, which stands in deferred/errors.hpp.
TEASEL_ERROR(AlreadyCalled, UsageError);
/// cancel, reset or delay of a DelayedCall that was cancelled.
TEASEL_ERROR(AlreadyCancelled, UsageError);
TEASEL_ERROR(NotConnectingError, UsageError);
/// registerProducer was called while another producer is registered. The text names both.
TEASEL_ERROR(ProducerAlreadyRegistered, UsageError);
TEASEL_ERROR(ReactorNotRunning, UsageError);
TEASEL_ERROR(ReactorAlreadyRunning, UsageError);
TEASEL_ERROR(ReactorNotRestartable, UsageError);
/// A duration was below zero where only the future makes sense.
TEASEL_ERROR(NegativeDelay, UsageError);
/// A text is not the address, the port or the number that it should be.
TEASEL_ERROR(InvalidAddressError, UsageError);
/// This machine or this build cannot run the driver that was asked for. The text says why.
TEASEL_ERROR(DriverUnavailable, std::runtime_error);

#undef TEASEL_ERROR

/// A limit was exceeded. The error carries the limit's name, its value and what was seen; what()
/// says all three.
class LimitExceeded : public std::runtime_error {
 public:
  LimitExceeded(std::string limit, std::size_t allowed, std::size_t seen)
      : std::runtime_error(limit + " is " + std::to_string(allowed) + ", got " + std::to_string(seen)),
        limit_(std::move(limit)),
        allowed_(allowed),
        seen_(seen) {}
  const std::string& limit() const noexcept { return limit_; }
  std::size_t allowed() const noexcept { return allowed_; }
  std::size_t seen() const noexcept { return seen_; }

 private:
  std::string limit_;
  std::size_t allowed_, seen_;
};

/// The usual reasons of connectionLost. They are never freed, have no where(), and a copy costs
/// nothing.
const Failure& connectionDone() noexcept;
const Failure& connectionLost() noexcept;
const Failure& connectionAborted() noexcept;

}  // namespace teasel
