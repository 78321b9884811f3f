#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <teasel/core/clock.hpp>
#include <teasel/protocols/haproxy_header.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel {

/// Limits and trust of an HAProxyWrappingFactory.
struct HAProxyOptions {
  /// How long a peer may take for its whole header. Nothing: for ever.
  std::optional<Duration> timeout = std::chrono::seconds(10);
  /// How large the length field of a version 2 header may be: addresses and TLVs.
  std::size_t maxLength = HaproxyParser::kDefaultMaxLength;
  /// Says which peers may send a header. Anybody can claim any address, so a port that others than
  /// the proxy can reach should have one. Empty: all peers. A peer that may not is disconnected,
  /// and its bytes are not read.
  std::function<bool(const Address& proxy)> trusted = {};
};

class HAProxyWrappingFactory;

/// Reads the PROXY header of one connection, then stands between transport and protocol unchanged.
/// getPeer and getHost give the addresses of the header. If the header names none, and before the
/// header is read, they give those of the connection. So all clients that came to the proxy over a
/// UNIX socket share the proxy's address, and LimitConnectionsByPeer counts them as one peer.
class HAProxyProtocolWrapper final : public ProtocolWrapper {
 public:
  /// `factory`, which makes it, must outlive it.
  explicit HAProxyProtocolWrapper(HAProxyWrappingFactory& factory);
  ~HAProxyProtocolWrapper() override;
  /// The header, once it is read. A wrapped protocol finds it with
  /// `dynamic_cast<const HAProxyProtocolWrapper&>(transport())`.
  const std::optional<HaproxyHeader>& header() const noexcept { return parser_.header(); }
  /// The address of the proxy itself: the peer of the real connection.
  const Address& proxyAddress() const noexcept { return transport().getPeer(); }

  void connectionMade() override;
  void dataReceived(ByteView data) override;
  void producingResumed() override;
  void connectionLost(const Failure& reason) override;
  const Address& getHost() const noexcept override;
  const Address& getPeer() const noexcept override;

 private:
  void refuse(const HaproxyError& why);
  void begin();
  void deliver(ByteView rest);

  HAProxyWrappingFactory& wrapping_;
  HaproxyParser parser_;
  DelayedCall timer_;
  std::string held_;  // bytes behind the header that the wrapped protocol does not read yet
  bool refused_ = false;
};

/// Serves connections that a proxy makes for its clients. Each of them begins with a PROXY header,
/// which says who the client is. The wrapped factory's buildProtocol is called when the header is
/// read, with the client's address. Its protocol gets the bytes behind the header, and never one of
/// the header. The model is twisted.protocols.haproxy.HAProxyWrappingFactory.
///
///     reactor.listenTCP(8000, std::make_shared<HAProxyWrappingFactory>(reactor, factory));
///
/// It is for the listening side. A header that is malformed, too long or too late ends its
/// connection, and so does the peer that breaks its header off: headerRefused says so. Wrapping
/// factories stack: put one that limits connections by their peers inside this one to count
/// clients, and around it to count proxies.
class HAProxyWrappingFactory : public WrappingFactory {
 public:
  /// `clock` is usually the reactor, and must outlive the connections. Throws UsageError for a null
  /// factory, and NegativeDelay for a negative time-out.
  HAProxyWrappingFactory(Clock& clock, std::shared_ptr<Factory> wrapped, HAProxyOptions options = {});

  std::shared_ptr<Protocol> buildProtocol(const Address& proxy) override;
  /// A connection ends because of its header. `why` is a HaproxyError. If the connection ended
  /// within the header, it is what connectionLost gets. A connection that ends without a byte is no
  /// error. The default logs a warning.
  virtual void headerRefused(const Address& proxy, const Failure& why);

  const HAProxyOptions& options() const noexcept { return options_; }
  Clock& clock() const noexcept { return clock_; }

 private:
  Clock& clock_;
  HAProxyOptions options_;
};

}  // namespace teasel
