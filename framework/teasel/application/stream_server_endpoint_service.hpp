#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/application/service.hpp>
#include <teasel/endpoints/endpoints.hpp>

namespace teasel {

/// Listens on an endpoint while it runs
/// (twisted.application.internet.StreamServerEndpointService).
///
///     program->addService(std::make_shared<StreamServerEndpointService>(
///         std::make_shared<TCP4ServerEndpoint>(reactor, 8007), Factory::forProtocol<Echo>()));
///
/// It listens in privilegedStartService, or in startService when that did not come before. What the
/// endpoint cannot do at once, for example because the port is in use, comes out of that call as an
/// exception, and nothing listens then. (Twisted logs it and goes on.) An endpoint that fails later
/// fails whenListening(); the failure is logged when nobody waits there.
///
/// Connections that were accepted go on when it stops. It can be started again.
class StreamServerEndpointService : public Service {
 public:
  /// Throws UsageError for a null endpoint and a null factory.
  StreamServerEndpointService(std::shared_ptr<StreamServerEndpoint> endpoint, std::shared_ptr<Factory> factory);
  /// Stops listening.
  ~StreamServerEndpointService() override;

  void privilegedStartService() override;
  void startService() override;
  /// Cancels an endpoint that does not listen yet. The Deferred fires when the port is closed; it
  /// fails with what the factory's stopFactory threw.
  Deferred<void> stopService() override;

  /// The port; null while nothing listens. Its getHost() tells the port that the system chose.
  const std::shared_ptr<Port>& port() const noexcept { return port_; }
  /// Fires with the port: at once when it listens. Fails with the endpoint's failure, and with
  /// CancelledError when the service stops before. Before a start it waits for that.
  Deferred<std::shared_ptr<Port>> whenListening();
  const std::shared_ptr<Factory>& factory() const noexcept { return factory_; }

 private:
  using Listening = Deferred<std::shared_ptr<Port>>;
  void listened(const Result<std::shared_ptr<Port>>& result);

  const std::shared_ptr<StreamServerEndpoint> endpoint_;
  const std::shared_ptr<Factory> factory_;
  Listening listening_{nullptr};  // the endpoint's answer, while it is awaited
  std::shared_ptr<Port> port_;
  std::vector<Listening> waiting_;
  std::uint64_t life_ = 0;  // grows with each start and stop
};

}  // namespace teasel
