#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>
#include <teasel/reactor/reactor.hpp>
#include <teasel/transport/connection.hpp>

namespace teasel {

namespace {

constexpr Logger kLog("adopted");

/// Counts one adopted connection as a user of its factory.
class AdoptedOwner final : public ConnectionOwner {
 public:
  explicit AdoptedOwner(std::shared_ptr<Factory> factory) : factory_(std::move(factory)) { factory_->doStart(); }
  AdoptedOwner(const AdoptedOwner&) = delete;
  AdoptedOwner& operator=(const AdoptedOwner&) = delete;
  /// Still counted: the connection was never made, or Reactor::abandon has ended it.
  virtual ~AdoptedOwner() {
    if (counted_) factory_->forgetPort();
  }

  std::shared_ptr<StreamProtocol> buildProtocol(const Address& peer) override { return detail::buildProtocol(factory_, peer); }
  void connectionFailed(const Failure&) override { stop(); }
  void connectionClosed(const Failure&) override { stop(); }
  void stop() {
    Failure failure;
    counted_ = false;
    if (!guarded("stopFactory", failure, [&] { factory_->doStop(); })) kLog.failure("exception out of stopFactory", failure);
  }

 private:
  std::shared_ptr<Factory> factory_;
  bool counted_ = true;
};

}  // namespace

void Reactor::adoptStreamConnection(int fd, std::shared_ptr<Factory> factory) {
  if (factory == nullptr) throw UsageError("adoptStreamConnection needs a factory");
  const auto owner = std::make_shared<AdoptedOwner>(std::move(factory));
  Failure why;
  if (Connection::adopt(*this, fd, owner, why) != nullptr) return;
  owner->stop();
  why.raise();
}

}  // namespace teasel
