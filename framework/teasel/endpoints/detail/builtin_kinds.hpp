#pragma once

namespace teasel {
class EndpointKinds;
}

namespace teasel::detail {

/// Adds the kinds of endpoints that Teasel has.
void registerBuiltinKinds(EndpointKinds& kinds);

}  // namespace teasel::detail
