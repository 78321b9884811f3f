#pragma once

#include <memory>

#include <teasel/core/unique_function.hpp>
#include <teasel/deferred/deferred.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel::detail {

/// One attempt to connect, as a Deferred. `start` begins it with the factory that it is given
/// (Reactor::connectTCP, for example) and returns its connector. The Deferred gives the protocol
/// that `factory` built, after its connectionMade. It fails with the reason of the attempt, with
/// NoProtocol, with what buildProtocol threw, with ConnectingCancelledError, or with the UsageError
/// that `start` throws.
Deferred<std::shared_ptr<Protocol>> connectThrough(
    std::shared_ptr<Factory> factory, UniqueFunction<std::shared_ptr<Connector>(std::shared_ptr<ClientFactory>)> start);

}  // namespace teasel::detail
