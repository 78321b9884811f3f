#include <teasel/core/errors.hpp>

#include <memory>
#include <new>

namespace teasel {

namespace {
constexpr const char* kAborted = "the connection was aborted on this side";

/// Copies share its text, so that making one allocates nothing. Leaked on purpose, as below.
const ConnectionLost& aborted() noexcept {
  static const ConnectionLost& error = *new ConnectionLost(kAborted);
  return error;
}

template <class E>
const Failure& immortalReason(const char* text) {
  // Leaked on purpose: destructors of static objects use these reasons, too.
  static const Failure& reason = *new Failure(Failure::immortal(*new detail::TypedErrorBox<E>(E(text), Site{}, true)));
  return reason;
}
}  // namespace

const Failure& connectionDone() noexcept { return immortalReason<ConnectionDone>("the connection was closed cleanly"); }
const Failure& connectionLost() noexcept { return immortalReason<ConnectionLost>("the connection was reset by the peer"); }
const Failure& connectionAborted() noexcept { return immortalReason<ConnectionAborted>(kAborted); }

ConnectionAborted::ConnectionAborted(Site site, Failure cause) noexcept
    : ConnectionLost(aborted()), site_(site), cause_(std::move(cause)) {}

ConnectionAborted::ConnectionAborted(const ConnectionAborted& other) noexcept
    : ConnectionLost(other), site_(other.site_), cause_(other.cause_) {}

ConnectionAborted::~ConnectionAborted() { delete text_.load(std::memory_order_acquire); }

const char* ConnectionAborted::what() const noexcept {
  if (!site_ && !cause_) return ConnectionLost::what();
  if (const std::string* made = text_.load(std::memory_order_acquire)) return made->c_str();
  try {
    auto text = std::make_unique<std::string>(ConnectionLost::what());
    if (site_) *text += " by abortConnection at " + site_.text();
    if (cause_) *text += ", because of " + cause_.text();
    const std::string* other = nullptr;
    // Another thread may have been faster: its text stays, ours goes.
    if (!text_.compare_exchange_strong(other, text.get(), std::memory_order_acq_rel)) return other->c_str();
    return text.release()->c_str();
  } catch (const std::bad_alloc&) {
    return ConnectionLost::what();
  }
}

}  // namespace teasel
