#include <teasel/protocols/limit_connections.hpp>

#include <utility>

#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("limit");
}

namespace detail {

/// A number of connections. It is shared by those who read it and by the connections that count, so
/// it outlives the factory where it must.
class ConnectionCount {
 public:
  ConnectionCount() = default;
  ConnectionCount(const ConnectionCount&) = delete;
  ConnectionCount& operator=(const ConnectionCount&) = delete;
  virtual ~ConnectionCount() = default;
  std::size_t connections = 0;
};

}  // namespace detail

namespace {

using detail::ConnectionCount;

/// Counts while it lives.
class Counted {
 public:
  /// Null counts nothing.
  explicit Counted(std::shared_ptr<ConnectionCount> count) : count_(std::move(count)) {
    if (count_ != nullptr) ++count_->connections;
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { end(); }
  void end() noexcept {
    if (const auto count = std::exchange(count_, nullptr); count != nullptr) --count->connections;
  }

 private:
  std::shared_ptr<ConnectionCount> count_;
};

/// Counts from when it is built until connectionLost. If it is never connected, until it dies.
class CountedWrapper final : public ProtocolWrapper {
 public:
  CountedWrapper(std::shared_ptr<Protocol> wrapped, std::shared_ptr<ConnectionCount> count)
      : ProtocolWrapper(std::move(wrapped)), counted_(std::move(count)) {}
  void connectionLost(const Failure& reason) override {
    counted_.end();
    ProtocolWrapper::connectionLost(reason);
  }

 private:
  Counted counted_;
};

}  // namespace

LimitingFactory::LimitingFactory(std::shared_ptr<Factory> wrapped)
    : WrappingFactory(std::move(wrapped)), overflowCount_(std::make_shared<ConnectionCount>()) {}

LimitingFactory::~LimitingFactory() = default;

void LimitingFactory::setOverflow(std::shared_ptr<Factory> overflow, std::size_t overflowLimit) {
  overflow_ = std::move(overflow);
  overflowLimit_ = overflowLimit;
}

std::size_t LimitingFactory::overflowCount() const noexcept { return overflowCount_->connections; }

void LimitingFactory::startFactory() {
  WrappingFactory::startFactory();
  if (overflow_ == nullptr) return;
  try {
    overflow_->doStart();
  } catch (...) {
    WrappingFactory::stopFactory();
    throw;
  }
}

void LimitingFactory::stopFactory() {
  if (overflow_ != nullptr) overflow_->doStop();
  WrappingFactory::stopFactory();
}

void LimitingFactory::forgetFactory() noexcept {
  if (overflow_ != nullptr) overflow_->forgetPort();
  WrappingFactory::forgetFactory();
}

std::shared_ptr<Protocol> LimitingFactory::buildProtocol(const Address& peer) {
  const std::shared_ptr<ConnectionCount> count = countOf(peer);
  building_ = count;
  if (count->connections < limit()) return WrappingFactory::buildProtocol(peer);
  limitReached(peer);
  if (overflow_ == nullptr || overflowCount_->connections >= overflowLimit_) return nullptr;
  std::shared_ptr<Protocol> protocol = detail::buildProtocol(overflow_, peer);
  if (protocol == nullptr) return nullptr;
  const auto wrapper = std::make_shared<CountedWrapper>(std::move(protocol), overflowCount_);
  list(*wrapper);
  return wrapper;
}

std::shared_ptr<ProtocolWrapper> LimitingFactory::wrap(std::shared_ptr<Protocol> protocol) {
  return std::make_shared<CountedWrapper>(std::move(protocol), building_.lock());
}

void LimitingFactory::limitReached(const Address& peer) {
  if (kLog.enabled(LogLevel::kInfo))
    kLog.info(logPrefix() + ": the limit of " + std::to_string(limit()) + " connections is reached; refusing " + peer.text());
}

LimitTotalConnectionsFactory::LimitTotalConnectionsFactory(std::shared_ptr<Factory> wrapped, std::size_t connectionLimit)
    : LimitingFactory(std::move(wrapped)), limit_(connectionLimit), count_(std::make_shared<ConnectionCount>()) {}

LimitTotalConnectionsFactory::~LimitTotalConnectionsFactory() = default;

std::size_t LimitTotalConnectionsFactory::connectionCount() const noexcept { return count_->connections; }

/// The peers that have connections. Each count removes itself when nobody holds it any more.
struct LimitConnectionsByPeer::Peers {
  class OfPeer final : public ConnectionCount {
   public:
    OfPeer(std::shared_ptr<Peers> all, std::string host) : all_(std::move(all)), host_(std::move(host)) {}
    ~OfPeer() override { all_->counts.erase(host_); }

   private:
    std::shared_ptr<Peers> all_;
    std::string host_;
  };
  std::map<std::string, std::weak_ptr<ConnectionCount>> counts;
};

LimitConnectionsByPeer::LimitConnectionsByPeer(std::shared_ptr<Factory> wrapped, std::size_t maxConnectionsPerPeer)
    : LimitingFactory(std::move(wrapped)), limit_(maxConnectionsPerPeer), peers_(std::make_shared<Peers>()) {}

LimitConnectionsByPeer::~LimitConnectionsByPeer() = default;

std::shared_ptr<ConnectionCount> LimitConnectionsByPeer::countOf(const Address& peer) {
  std::string host = peer.host();
  if (const auto found = peers_->counts.find(host); found != peers_->counts.end()) return found->second.lock();
  const auto count = std::make_shared<Peers::OfPeer>(peers_, host);
  peers_->counts.emplace(std::move(host), count);
  return count;
}

std::size_t LimitConnectionsByPeer::connectionCount(const Address& peer) const {
  const auto found = peers_->counts.find(peer.host());
  return found == peers_->counts.end() ? 0 : found->second.lock()->connections;
}

std::size_t LimitConnectionsByPeer::peerCount() const noexcept { return peers_->counts.size(); }

}  // namespace teasel
