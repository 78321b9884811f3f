#include <teasel/protocol/port.hpp>

#include <vector>

#include <teasel/core/detail/pool_allocator.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>
#include <teasel/transport/connection.hpp>

namespace teasel {

namespace {

constexpr Logger kLog("port");

class StreamPort final : public Port, private Acceptor, private ConnectionOwner, private TurnEnd, private Resource {
 public:
  StreamPort(Reactor& reactor, std::shared_ptr<Factory> factory) : reactor_(&reactor), factory_(std::move(factory)) {}

  /// Starts to listen with the slot that `open` makes: a call of the driver, which takes an
  /// acceptor and a place for the reason why there is no slot.
  template <class F>
  void start(F&& open) {
    Failure why;
    slot_ = open(static_cast<Acceptor&>(*this), why);
    if (slot_ == nullptr) why.raise();
    host_ = slot_->host();
    self_ = std::static_pointer_cast<StreamPort>(shared_from_this());
    reactor_->addResource(*this);
    try {
      factory_->doStart();
    } catch (...) {
      reactor_->driver().stopListening(std::exchange(slot_, nullptr));
      unlink();
      self_.reset();
      throw;
    }
    if (kLog.enabled(LogLevel::kInfo) && factory_->noisy) kLog.info(factory_->logPrefix() + " listens on " + host_.text());
  }

  const Address& getHost() const noexcept override { return host_; }
  bool listening() const noexcept override { return slot_ != nullptr; }
  const std::shared_ptr<Factory>& factory() const noexcept override { return factory_; }

  Deferred<void> stopListening() override {
    if (reactor_ == nullptr) return succeed();
    if (slot_ != nullptr) {
      reactor_->driver().stopListening(std::exchange(slot_, nullptr));
      reactor_->atTurnEnd(*this);
    }
    Deferred<void> stopped;
    waiting_.push_back(stopped);
    return stopped;
  }

 private:
  StreamSink* onAccept(Slot* stream) override {
    return Connection::accept(*reactor_, stream, std::shared_ptr<ConnectionOwner>(self_, this));
  }
  void onAcceptError(const Failure& why) override { kLog.failure("accepting on " + host_.text(), why); }

  std::shared_ptr<StreamProtocol> buildProtocol(const Address& peer) override { return detail::buildProtocol(factory_, peer); }
  void connectionFailed(const Failure&) override {}
  void connectionClosed(const Failure&) override {}

  void endTurn() override {
    const std::shared_ptr<StreamPort> keep = std::move(self_);
    unlink();
    const Reactor& reactor = *std::exchange(reactor_, nullptr);
    const std::uint32_t life = reactor.lives();
    Failure failure;
    if (!guarded("stopFactory", failure, [&] { factory_->doStop(); })) kLog.failure("exception out of stopFactory", failure);
    if (kLog.enabled(LogLevel::kInfo) && factory_->noisy) kLog.info("no longer listening on " + host_.text());
    for (Deferred<void>& waiting : std::exchange(waiting_, {}))
      if (reactor.lives() != life) return;
      else if (failure) waiting.errback(failure);
      else waiting.callback();
  }
  void shutDown() override {
    if (slot_ == nullptr) return;
    reactor_->driver().stopListening(std::exchange(slot_, nullptr));
    reactor_->atTurnEnd(*this);
  }
  void abandon(std::vector<std::shared_ptr<void>>& remains) override {
    slot_ = nullptr;
    reactor_ = nullptr;
    factory_->forgetPort();
    remains.push_back(std::make_shared<std::vector<Deferred<void>>>(std::exchange(waiting_, {})));
    remains.push_back(std::exchange(self_, nullptr));
  }
  std::string describe() const override { return "port " + host_.text() + (slot_ == nullptr ? ", closing" : ", listening"); }

  Reactor* reactor_;  // null when it has stopped
  Slot* slot_ = nullptr;
  std::shared_ptr<Factory> factory_;
  std::shared_ptr<StreamPort> self_;
  Address host_;
  std::vector<Deferred<void>> waiting_;
};

}  // namespace

std::shared_ptr<Port> Reactor::listenTCP(int port, std::shared_ptr<Factory> factory, int backlog, std::string_view interface) {
  const std::uint16_t checked = detail::checkedPort(port);
  const auto at = interface.empty() ? std::optional(Address::ipv4(0, 0, 0, 0, checked)) : Address::parse(interface, checked);
  if (!at) throw InvalidAddressError("cannot listen on \"" + std::string(interface) + "\": an interface is an IP literal");
  if (factory == nullptr) throw UsageError("listenTCP needs a factory");
  auto made = std::allocate_shared<StreamPort>(detail::PoolAllocator<StreamPort>(), *this, std::move(factory));
  made->start([&](Acceptor& acceptor, Failure& why) { return driver_->listen(*at, ListenOptions{backlog}, acceptor, why); });
  return made;
}

std::shared_ptr<Port> Reactor::listenUNIX(std::string path, std::shared_ptr<Factory> factory, const UnixListenOptions& options) {
  const Address at = detail::checkedUnixPath(std::move(path), "listen on");
  if (factory == nullptr) throw UsageError("listenUNIX needs a factory");
  if (options.wantPID && at.abstract()) throw UsageError("the abstract name " + at.text() + " has no lock: wantPID needs a file");
  if ((options.mode & ~07777) != 0)
    throw UsageError("the mode " + std::to_string(options.mode) + " of " + at.text() + " is none");
  auto port = std::make_shared<StreamPort>(*this, std::move(factory));
  port->start([&](Acceptor& acceptor, Failure& why) {
    return driver_->listen(at, ListenOptions{options.backlog, options.mode, options.wantPID}, acceptor, why);
  });
  return port;
}

std::shared_ptr<Port> Reactor::adoptStreamPort(int fd, std::shared_ptr<Factory> factory) {
  if (factory == nullptr) throw UsageError("adoptStreamPort needs a factory");
  auto port = std::make_shared<StreamPort>(*this, std::move(factory));
  port->start([&](Acceptor& acceptor, Failure& why) { return driver_->adoptPort(fd, acceptor, why); });
  return port;
}

}  // namespace teasel
