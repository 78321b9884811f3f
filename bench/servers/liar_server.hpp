#pragma once

#include "kind.hpp"
#include "serve.hpp"

namespace teasel::bench {

/// An echo server that loses every thousandth byte. It is fast, and the comparison must refuse it:
/// `teasel_peers --liar` shows that it does.
void serveLiar(Kind kind, const Listening& listening);

}  // namespace teasel::bench
