#include <teasel/endpoints/hostname_endpoint.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/endpoints/detail/connect_through.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel {

namespace {

using Connected = std::shared_ptr<Protocol>;

constexpr Logger kLog("endpoint");

std::string listed(const std::string& host, const std::vector<ConnectionAttemptsFailed::Attempt>& attempts) {
  std::string text = "cannot connect to " + host;
  const char* before = ": ";
  for (const ConnectionAttemptsFailed::Attempt& each : attempts) {
    text += before + each.address.text() + ": " + each.failure.what();
    before = "; ";
  }
  return text;
}

/// RFC 8305, section 4, with a First Address Family Count of 1.
std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> first, second, out;
  for (const Address& each : addresses) (each.family() == addresses.front().family() ? first : second).push_back(each);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

}  // namespace

ConnectionAttemptsFailed::ConnectionAttemptsFailed(const std::string& host, std::vector<Attempt> attempts)
    : ConnectError(listed(host, attempts)), attempts_(std::make_shared<const std::vector<Attempt>>(std::move(attempts))) {}

/// One call of connect. It keeps itself alive until it has an outcome.
class HostnameEndpoint::Connecting final : public std::enable_shared_from_this<Connecting>, private Resource {
 public:
  Connecting(To to, std::shared_ptr<Factory> factory) : to_(std::move(to)), factory_(std::move(factory)) {}
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;
  ~Connecting() { stop(); }

  Deferred<Connected> begin() {
    Deferred<Connected> outcome([weak = weak_from_this()](auto&) {
      if (const auto self = weak.lock()) self->fail(Failure(ConnectingCancelledError("the connection attempt was cancelled")));
    });
    outcome_ = outcome;
    self_ = shared_from_this();
    to_.reactor.addResource(*this);
    if (to_.timeout < Duration::max()) deadline_ = to_.reactor.callLater(to_.timeout, [this] { timeOut(); });
    lookup_ =
        to_.reactor.resolver().resolve(to_.host, static_cast<std::uint16_t>(to_.port),
                                       [weak = weak_from_this()](const std::vector<Address>& addresses, const Failure& why) {
                                         const auto self = weak.lock();
                                         if (self == nullptr || self->self_ == nullptr) return;
                                         if (why) self->fail(why);
                                         else self->resolved(addresses);
                                       });
    return outcome;
  }
  /// The resolver threw.
  void drop() {
    outcome_ = nullptr;
    finish();
  }

 private:
  struct Attempt {
    Deferred<Connected> connecting{nullptr};
    bool pending = false;
  };

  std::string host() const { return detail::hostAndPort(to_.host, to_.port); }

  void resolved(std::vector<Address> addresses) {
    if (to_.family) std::erase_if(addresses, [this](const Address& each) { return each.family() != *to_.family; });
    if (addresses.empty())
      return fail(Failure(
          DNSLookupError(to_.host + " has no " + (*to_.family == Address::Family::kIPv6 ? "IPv6" : "IPv4") + " address")));
    addresses_ = interleaved(addresses);
    attempts_.resize(addresses_.size());
    // The factory stays started from here on, so that it is not stopped and started between two
    // attempts.
    Failure failure;
    if (!guarded("startFactory", failure, [&] { factory_->doStart(); })) return fail(failure);
    if (self_ == nullptr) return factory_->forgetPort();  // abandoned there
    started_ = true;
    tryNext();
  }

  void tryNext() {
    stagger_.cancelIfActive();
    if (next_ == addresses_.size()) return;
    const std::size_t index = next_++;
    if (next_ < addresses_.size()) stagger_ = to_.reactor.callLater(to_.attemptDelay, [this] { tryNext(); });
    ++pending_;
    attempts_[index].pending = true;
    Deferred<Connected> connecting = detail::connectThrough(factory_, [&](std::shared_ptr<ClientFactory> wrapper) {
      return to_.reactor.connectTCP(addresses_[index].host(), addresses_[index].port(), std::move(wrapper), Duration::max(),
                                    to_.bindAddress);
    });
    attempts_[index].connecting = connecting;
    connecting.addBoth([weak = weak_from_this(), index](const Result<Connected>& result) {
      const auto self = weak.lock();
      if (self == nullptr || self->self_ == nullptr) return;
      self->attempts_[index].pending = false;
      --self->pending_;
      if (result.ok()) self->succeed(*result);
      else self->failed(index, result.failure());
    });
  }

  void failed(std::size_t index, const Failure& why) {
    failures_.push_back({addresses_[index], why});
    if (next_ < addresses_.size()) tryNext();
    else if (pending_ == 0) failAll();
  }

  void failAll() {
    if (failures_.size() == 1) return fail(failures_.front().failure);
    fail(Failure(ConnectionAttemptsFailed(host(), std::move(failures_))));
  }

  void timeOut() {
    const Failure why(TimeoutError("connecting to " + host() + " took longer than " + durationText(to_.timeout)));
    for (std::size_t i = 0; i < attempts_.size(); ++i)
      if (attempts_[i].pending) failures_.push_back({addresses_[i], why});
    if (failures_.empty()) fail(why);
    else failAll();
  }

  void succeed(Connected protocol) {
    const Deferred<Connected> outcome = std::exchange(outcome_, Deferred<Connected>(nullptr));
    finish();
    outcome.callback(std::move(protocol));
  }
  /// `why` is a copy: finish() may destroy the failures of this.
  void fail(Failure why) {
    if (self_ == nullptr) return;
    const Deferred<Connected> outcome = std::exchange(outcome_, Deferred<Connected>(nullptr));
    finish();
    outcome.errback(std::move(why));
  }

  /// Gives up all that is under way. This may be destroyed when the caller returns.
  void finish() {
    const std::shared_ptr<Connecting> keep = std::exchange(self_, nullptr);
    unlink();
    stop();
    for (Attempt& each : attempts_)
      if (std::exchange(each.pending, false)) each.connecting.cancel();
    attempts_.clear();
    if (!std::exchange(started_, false)) return;
    Failure failure;
    if (!guarded("stopFactory", failure, [&] { factory_->doStop(); })) kLog.failure("exception out of stopFactory", failure);
  }
  void stop() noexcept {
    deadline_.cancelIfActive();
    stagger_.cancelIfActive();
    lookup_.cancel();
  }

  void shutDown() override { fail(Failure(UserError("the reactor was shut down"))); }
  void abandon(std::vector<std::shared_ptr<void>>& remains) override {
    if (std::exchange(started_, false)) factory_->forgetPort();
    remains.push_back(std::exchange(self_, nullptr));
  }
  std::string describe() const override {
    return "connecting to " + host() + ", " +
           (attempts_.empty() ? "waits for the resolver" : std::to_string(pending_) + " attempt(s) under way");
  }

  const To to_;
  const std::shared_ptr<Factory> factory_;
  Deferred<Connected> outcome_{nullptr};
  std::shared_ptr<Connecting> self_;  // null: it is over
  Lookup lookup_;
  DelayedCall deadline_, stagger_;
  std::vector<Address> addresses_;
  std::vector<Attempt> attempts_;
  std::vector<ConnectionAttemptsFailed::Attempt> failures_;
  std::size_t next_ = 0, pending_ = 0;
  bool started_ = false;
};

Deferred<Connected> HostnameEndpoint::connect(std::shared_ptr<Factory> factory) {
  std::shared_ptr<Connecting> connecting;
  try {
    if (factory == nullptr) throw UsageError("connect needs a factory");
    if (detail::checkedPort(to_.port) == 0) throw InvalidAddressError("cannot connect to port 0");
    for (const Duration each : {to_.timeout, to_.attemptDelay})
      if (each < Duration::zero()) throw NegativeDelay("an endpoint with a time of " + durationText(each));
    connecting = std::make_shared<Connecting>(to_, std::move(factory));
    return connecting->begin();
  } catch (const std::exception&) {
    const Failure failure = Failure::current();
    if (connecting != nullptr) connecting->drop();
    return fail<Connected>(failure);
  }
}

}  // namespace teasel
