#include <utility>

#include <teasel/application/run.hpp>
#include <teasel/application/stream_server_endpoint_service.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/endpoints/endpoint_kinds.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/protocol/port.hpp>

namespace teasel {

namespace {

/// Says in the log where another endpoint listens.
class AnnouncedEndpoint final : public StreamServerEndpoint {
 public:
  AnnouncedEndpoint(std::shared_ptr<StreamServerEndpoint> endpoint, std::string source)
      : endpoint_(std::move(endpoint)), source_(std::move(source)) {}
  Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) override {
    Deferred<std::shared_ptr<Port>> listening = endpoint_->listen(std::move(factory));
    listening.tap([source = source_](const std::shared_ptr<Port>& port) {
      Logger(source.c_str()).info("listening on " + port->getHost().text());
    });
    return listening;
  }

 private:
  std::shared_ptr<StreamServerEndpoint> endpoint_;
  std::string source_;
};

std::string inOneLine(const EndpointStringError& error) {
  std::string keys;
  for (const std::string& key : error.keys()) keys += (keys.empty() ? "" : ", ") + key;
  if (!keys.empty()) keys = (error.endpoint().empty() ? "; the kinds are: " : "; " + error.endpoint() + " has the keys ") + keys;
  return "cannot listen on '" + error.text() + "': " + error.problem() + ", at character " +
         std::to_string(error.position() + 1) + keys;
}

}  // namespace

Launch::Launch(Reactor& loop, std::string name, std::vector<std::string> listen, std::function<void(std::string_view)> complain)
    : reactor(loop), name_(std::move(name)), listen_(std::move(listen)), complain_(std::move(complain)) {}

std::shared_ptr<Service> Launch::serve(const std::shared_ptr<Factory>& factory) {
  if (listen_.empty()) throw ConfigurationError("there is nothing to listen on; say where by --listen");
  const auto all = std::make_shared<MultiService>();
  for (const std::string& description : listen_) all->addService(serve(description, factory));
  return all;
}

std::shared_ptr<Service> Launch::serve(const std::string& description, const std::shared_ptr<Factory>& factory) {
  try {
    return serve(serverFromString(reactor, description), factory);
  } catch (const EndpointStringError& error) {
    throw ConfigurationError(inOneLine(error));
  }
}

std::shared_ptr<Service> Launch::serve(std::shared_ptr<StreamServerEndpoint> endpoint, const std::shared_ptr<Factory>& factory) {
  return std::make_shared<StreamServerEndpointService>(std::make_shared<AnnouncedEndpoint>(std::move(endpoint), name_), factory);
}

void Launch::fail(std::string_view why) {
  if (std::exchange(failed_, true)) return;
  if (complain_) complain_(why);
  if (reactor.running() && !reactor.stopRequested()) reactor.stop();
}

}  // namespace teasel
