#pragma once

#include <memory>

#include <teasel/endpoints/endpoints.hpp>
#include <teasel/protocols/haproxy.hpp>

namespace teasel {

/// Makes an endpoint that listens where `wrapped` does, behind a proxy that sends PROXY headers:
/// protocols see the addresses of the proxy's clients (HAProxyWrappingFactory). `reactor` must
/// outlive the endpoint. Throws UsageError for null. The model is
/// twisted.protocols.haproxy.proxyEndpoint.
std::unique_ptr<StreamServerEndpoint> proxyEndpoint(Reactor& reactor, std::unique_ptr<StreamServerEndpoint> wrapped,
                                                    HAProxyOptions options = {});

}  // namespace teasel
