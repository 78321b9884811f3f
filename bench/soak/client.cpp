#include <algorithm>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>

#include "side.hpp"

namespace teasel::soak {
namespace {

/// Far longer than it ever takes: a client that cannot connect is a finding.
constexpr Duration kConnectTimeout = std::chrono::minutes(5);

class Client;

/// Makes one connection.
class Caller final : public ClientFactory {
 public:
  Caller(Client& client, std::uint64_t number) : client_(client), number_(number) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address& peer) override;
  void clientConnectionFailed(Connector& connector, const Failure& reason) override;
  void clientConnectionLost(Connector& connector, const Failure& reason) override;

 private:
  Client& client_;
  const std::uint64_t number_;
  bool isBuilt_ = false;
};

class Client final : public Side {
 public:
  Client(Shared& shared, std::string_view driver) : Side(shared, Role::kClient, driver) {}
  ~Client() override { reactor_.reset(); }

  void gone() noexcept { --underWay_; }
  Shared& shared() noexcept { return shared_; }
  Household& home() noexcept { return home_; }

 private:
  void open() override {}

  void work() override {
    if (shared_.stage != Stage::kTalk) return;
    // Not all in one tick, so that the connections are of different ages.
    for (int i = 0; i < 16 && underWay_ < shared_.atOnce && started_ < shared_.upTo; ++i) start();
    if (shared_.fault == Fault::kLeakConnection && started_ > 0 && !std::exchange(leaks_, true)) leak();
  }

  void start() {
    ++started_;
    const std::uint64_t number = shared_.ledger.begin();
    const Plan plan = shared_.ledger.plan(number);
    const Address to = shared_.address(plan.route);
    if (plan.visit == Visit::kKnock) return knock(number, plan, to);
    ++underWay_;
    const auto caller = std::make_shared<Caller>(*this, number);
    const bool binds = plan.binds && number < kAddresses;
    const std::shared_ptr<Connector> connector =
        to.family() == Address::Family::kUnix
            ? reactor_->connectUNIX(to.path(), caller, kConnectTimeout)
            : reactor_->connectTCP(to.host(), to.port(), caller, kConnectTimeout, binds ? addressOf(number) : Address());
    if (plan.visit != Visit::kCancelled) return;
    if (number % 2 == 0) return connector->stopConnecting();
    reactor_->callLater(Duration::zero(), [connector] {
      if (connector->state() == Connector::State::kConnecting) connector->stopConnecting();
    });
  }

  void knock(std::uint64_t number, const Plan& plan, const Address& to);

  void leak() {
    class Idle final : public Protocol {};
    const Address to = shared_.address(Route::kTcp);
    reactor_->connectTCP(to.host(), to.port(), ClientFactory::forProtocol<Idle>());
  }

  std::size_t underWay() const override { return underWay_; }
  std::size_t resources() const override { return 0; }

  std::uint64_t started_ = 0;
  std::size_t underWay_ = 0;
  bool leaks_ = false;
};

/// A plain socket that connects, says something at once and is gone. If the backlog is full, it
/// goes away unheard.
void Client::knock(std::uint64_t number, const Plan& plan, const Address& to) {
  const bool isUnix = to.family() == Address::Family::kUnix;
  const int descriptor = ::socket(isUnix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return shared_.findings.add(number, "no socket for a plain client");
  ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
  sockaddr_un unixAddress{};
  sockaddr_in address{};
  if (isUnix) {
    unixAddress.sun_family = AF_UNIX;
    to.path().copy(unixAddress.sun_path, sizeof unixAddress.sun_path - 1);
  } else {
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port());
    std::memcpy(&address.sin_addr, to.bytes().data(), sizeof address.sin_addr);
  }
  const auto* native = isUnix ? reinterpret_cast<const sockaddr*>(&unixAddress) : reinterpret_cast<const sockaddr*>(&address);
  static_cast<void>(::connect(descriptor, native, isUnix ? sizeof unixAddress : sizeof address));
  std::string bytes(plan.client.total, '\0');
  Pattern(shared_.ledger.seed(), number, Role::kClient).fill(0, bytes.data(), bytes.size());
  const ssize_t sent = bytes.empty() ? 0 : ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  Outcome outcome;
  outcome.call = plan.knockResets ? Call::kAbort : Call::kLose;
  outcome.written = static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
  if (plan.knockResets) {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  ::close(descriptor);
  shared_.ledger.ended(number, Role::kClient, outcome);
}

std::shared_ptr<Protocol> Caller::buildProtocol(const Address&) {
  if (isBuilt_) client_.shared().findings.add(number_, "buildProtocol of a client was called twice");
  isBuilt_ = true;
  return std::make_shared<End>(client_.home(), number_);
}

void Caller::clientConnectionFailed(Connector&, const Failure& reason) {
  const bool cancelled = client_.shared().ledger.plan(number_).visit == Visit::kCancelled && reason.check<UserError>() != nullptr;
  if (isBuilt_) client_.shared().findings.add(number_, "connecting failed after the protocol was built");
  client_.shared().ledger.failed(number_, cancelled, reason.text());
  client_.gone();
}

void Caller::clientConnectionLost(Connector&, const Failure&) { client_.gone(); }

}  // namespace

std::unique_ptr<Side> makeClient(Shared& shared, std::string_view driver) { return std::make_unique<Client>(shared, driver); }

}  // namespace teasel::soak
