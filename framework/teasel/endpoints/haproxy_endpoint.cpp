#include <teasel/endpoints/haproxy_endpoint.hpp>

#include <utility>

#include <teasel/core/errors.hpp>

namespace teasel {

namespace {

class HAProxyEndpoint final : public StreamServerEndpoint {
 public:
  HAProxyEndpoint(Reactor& reactor, std::unique_ptr<StreamServerEndpoint> wrapped, HAProxyOptions options)
      : reactor_(reactor), wrapped_(std::move(wrapped)), options_(std::move(options)) {}
  Deferred<std::shared_ptr<Port>> listen(std::shared_ptr<Factory> factory) override {
    std::shared_ptr<Factory> reader;
    try {
      reader = std::make_shared<HAProxyWrappingFactory>(reactor_, std::move(factory), options_);
    } catch (const UsageError&) {
      return fail<std::shared_ptr<Port>>(Failure::current());
    }
    return wrapped_->listen(std::move(reader));
  }

 private:
  Reactor& reactor_;
  const std::unique_ptr<StreamServerEndpoint> wrapped_;
  const HAProxyOptions options_;
};

}  // namespace

std::unique_ptr<StreamServerEndpoint> proxyEndpoint(Reactor& reactor, std::unique_ptr<StreamServerEndpoint> wrapped,
                                                    HAProxyOptions options) {
  if (wrapped == nullptr) throw UsageError("proxyEndpoint needs an endpoint");
  return std::make_unique<HAProxyEndpoint>(reactor, std::move(wrapped), std::move(options));
}

}  // namespace teasel
