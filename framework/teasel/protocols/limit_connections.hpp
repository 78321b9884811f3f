#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel {

namespace detail {
class ConnectionCount;
}

/// What LimitTotalConnectionsFactory and LimitConnectionsByPeer share: what becomes of a connection
/// beyond the limit. Without an overflow factory it is closed at once. With one, that factory
/// builds its protocol, for example one that says "too many connections" and closes. Such
/// connections are bounded, too: beyond `overflowLimit` of them, further ones are closed at once.
class LimitingFactory : public WrappingFactory {
 public:
  static constexpr std::size_t kDefaultOverflowLimit = 64;

  ~LimitingFactory() override;
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override;
  std::shared_ptr<ProtocolWrapper> wrap(std::shared_ptr<Protocol> protocol) override;
  void startFactory() override;
  void stopFactory() override;
  void forgetFactory() noexcept override;
  /// Sets the overflow factory; null for none. Call it before the factory is started.
  void setOverflow(std::shared_ptr<Factory> overflow, std::size_t overflowLimit = kDefaultOverflowLimit);
  /// How many connections the overflow factory serves now.
  std::size_t overflowCount() const noexcept;
  /// A connection is beyond the limit. Called before the overflow factory is asked. The default
  /// logs it at level kInfo.
  virtual void limitReached(const Address& peer);

 protected:
  explicit LimitingFactory(std::shared_ptr<Factory> wrapped);
  /// The count that a connection with `peer` raises while it lasts, and its limit.
  virtual std::shared_ptr<detail::ConnectionCount> countOf(const Address& peer) = 0;
  virtual std::size_t limit() const noexcept = 0;

 private:
  std::shared_ptr<Factory> overflow_;
  std::size_t overflowLimit_ = kDefaultOverflowLimit;
  std::shared_ptr<detail::ConnectionCount> overflowCount_;
  std::weak_ptr<detail::ConnectionCount> building_;  // the count of the connection that is built
};

/// Serves at most so many connections at a time. The model is
/// twisted.protocols.policies.LimitTotalConnectionsFactory.
///
///     auto factory = std::make_shared<LimitTotalConnectionsFactory>(served, 1000);
///     factory->setOverflow(Factory::forProtocol<Busy>());
class LimitTotalConnectionsFactory : public LimitingFactory {
 public:
  /// Throws UsageError for a null factory.
  LimitTotalConnectionsFactory(std::shared_ptr<Factory> wrapped, std::size_t connectionLimit);
  ~LimitTotalConnectionsFactory() override;
  /// How many connections the wrapped factory serves now; those of the overflow factory do not
  /// count.
  std::size_t connectionCount() const noexcept;
  std::size_t connectionLimit() const noexcept { return limit_; }
  /// Connections that there are already stay.
  void setConnectionLimit(std::size_t limit) noexcept { limit_ = limit; }

 protected:
  std::shared_ptr<detail::ConnectionCount> countOf(const Address&) override { return count_; }
  std::size_t limit() const noexcept override { return limit_; }

 private:
  std::size_t limit_;
  std::shared_ptr<detail::ConnectionCount> count_;
};

/// Serves at most so many connections of one peer at a time. A peer is an IP address, whatever its
/// port. All clients of a UNIX socket without a name are one peer. The model is
/// twisted.protocols.policies.LimitConnectionsByPeer.
///
/// Memory: a number for each peer that is connected.
class LimitConnectionsByPeer : public LimitingFactory {
 public:
  /// Twisted's default.
  static constexpr std::size_t kDefaultLimit = 5;
  /// Throws UsageError for a null factory.
  explicit LimitConnectionsByPeer(std::shared_ptr<Factory> wrapped, std::size_t maxConnectionsPerPeer = kDefaultLimit);
  ~LimitConnectionsByPeer() override;
  /// How many connections of this peer the wrapped factory serves now.
  std::size_t connectionCount(const Address& peer) const;
  /// How many peers are connected.
  std::size_t peerCount() const noexcept;

 protected:
  std::shared_ptr<detail::ConnectionCount> countOf(const Address& peer) override;
  std::size_t limit() const noexcept override { return limit_; }

 private:
  struct Peers;
  std::size_t limit_;
  std::shared_ptr<Peers> peers_;
};

}  // namespace teasel
