#include <teasel/core/errors.hpp>

namespace teasel {

namespace {
template <class E>
const Failure& immortalReason(const char* text) {
  // Leaked on purpose: destructors of static objects use these reasons, too.
  static const Failure& reason = *new Failure(Failure::immortal(*new detail::TypedErrorBox<E>(E(text), Site{}, true)));
  return reason;
}
}  // namespace

const Failure& connectionDone() noexcept { return immortalReason<ConnectionDone>("the connection was closed cleanly"); }
const Failure& connectionLost() noexcept { return immortalReason<ConnectionLost>("the connection was reset by the peer"); }
const Failure& connectionAborted() noexcept {
  return immortalReason<ConnectionAborted>("the connection was aborted on this side");
}

}  // namespace teasel
