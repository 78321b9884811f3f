#include <teasel/application/stream_server_endpoint_service.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("service");
using PortPtr = std::shared_ptr<Port>;
}  // namespace

StreamServerEndpointService::StreamServerEndpointService(std::shared_ptr<StreamServerEndpoint> endpoint,
                                                         std::shared_ptr<Factory> factory)
    : endpoint_(std::move(endpoint)), factory_(std::move(factory)) {
  if (endpoint_ == nullptr) throw UsageError("a StreamServerEndpointService needs an endpoint");
  if (factory_ == nullptr) throw UsageError("a StreamServerEndpointService needs a factory");
}

StreamServerEndpointService::~StreamServerEndpointService() {
  if (listening_) listening_.cancel();
  if (port_ != nullptr) port_->stopListening();
}

void StreamServerEndpointService::privilegedStartService() {
  if (listening_ || port_ != nullptr) return;
  Service::privilegedStartService();
  // An endpoint that throws has failed like any other: who waits is told.
  Listening listening = maybeDeferred([this] { return endpoint_->listen(factory_); });
  if (listening.hasResult()) {
    const Result<PortPtr> result = listening.take();
    if (result.ok()) return listened(result);
    for (const Listening& waiter : std::exchange(waiting_, {})) waiter.errback(result.failure());
    result.failure().raise();
  }
  listening.addBoth([weak = weak_from_this(), life = ++life_](const Result<PortPtr>& result) -> Result<PortPtr> {
    const auto self = std::static_pointer_cast<StreamServerEndpointService>(weak.lock());
    if (self != nullptr && self->life_ == life) {
      self->listening_ = nullptr;
      self->listened(result);
      return PortPtr();
    }
    // It comes after the end of the service, or after stopService, which has added a callback.
    if (!result.ok()) {
      // Nobody waits for it any more. That a cancelled listen says so is no news.
      if (result.failure().check<CancelledError>() == nullptr)
        kLog.failure("a listen that was cancelled has failed", result.failure());
      return PortPtr();
    }
    if (self == nullptr) result.value()->stopListening();
    return result;
  });
  listening_ = listening;
}

void StreamServerEndpointService::startService() {
  privilegedStartService();
  Service::startService();
}

Deferred<void> StreamServerEndpointService::stopService() {
  Service::stopService();
  Deferred<void> stopped = succeed();
  ++life_;
  if (listening_) {
    Listening listening = std::exchange(listening_, nullptr);
    stopped = listening.addCallback([](const PortPtr& late) { return late == nullptr ? succeed() : late->stopListening(); });
    listening.cancel();
  } else if (port_ != nullptr) {
    stopped = std::exchange(port_, nullptr)->stopListening();
  }
  for (const Listening& waiter : std::exchange(waiting_, {})) waiter.errback(CancelledError("the service was stopped"));
  return stopped;
}

Deferred<std::shared_ptr<Port>> StreamServerEndpointService::whenListening() {
  if (port_ != nullptr) return succeed(port_);
  Listening waiter;
  waiting_.push_back(waiter);
  return waiter;
}

/// The endpoint has answered, and the service was not stopped before.
void StreamServerEndpointService::listened(const Result<PortPtr>& result) {
  if (result.ok()) port_ = result.value();
  const std::vector<Listening> waiting = std::exchange(waiting_, {});
  if (!result.ok() && waiting.empty()) kLog.failure("cannot listen", result.failure());
  for (const Listening& waiter : waiting)
    if (result.ok()) waiter.callback(result.value());
    else waiter.errback(result.failure());
}

}  // namespace teasel
