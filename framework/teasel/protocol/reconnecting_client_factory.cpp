#include <teasel/protocol/reconnecting_client_factory.hpp>

#include <algorithm>
#include <string>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("factory");
}

ReconnectingClientFactory::ReconnectingClientFactory(Clock& clock, ReconnectOptions options)
    : clock_(clock), options_(std::move(options)) {
  detail::requireDelays("ReconnectingClientFactory", options_.initialDelay, options_.maxDelay, options_.factor);
  if (options_.jitter.d == 0 || options_.jitter.n > options_.jitter.d)
    throw UsageError("ReconnectingClientFactory: a jitter of " + std::to_string(options_.jitter.n) + '/' +
                     std::to_string(options_.jitter.d) + " is not within 0 to 1");
}

ReconnectingClientFactory::~ReconnectingClientFactory() = default;

void ReconnectingClientFactory::startedConnecting(Connector& connector) { remember(connector); }

void ReconnectingClientFactory::clientConnectionFailed(Connector& connector, const Failure&) {
  remember(connector);
  if (continueTrying_) retry(connector);
}

void ReconnectingClientFactory::clientConnectionLost(Connector& connector, const Failure&) {
  remember(connector);
  if (continueTrying_) retry(connector);
}

void ReconnectingClientFactory::retry() {
  const std::shared_ptr<Connector> connector = connector_.lock();
  if (connector == nullptr) throw UsageError("retry: the factory has no connector to retry");
  retry(*connector);
}

void ReconnectingClientFactory::retry(Connector& connector) {
  cancel(connector);
  if (!continueTrying_) {
    if (noisy) kLog.info("no retry to " + connector.getDestination() + ": stopTrying was called");
    return;
  }
  if (options_.maxRetries && retries_ >= *options_.maxRetries) {
    if (noisy) kLog.warn("giving up " + connector.getDestination() + " after " + std::to_string(retries_) + " retries");
    return;
  }
  delay_ = nextDelay();
  if (noisy && kLog.enabled(LogLevel::kInfo))
    kLog.info(logPrefix() + " will connect to " + connector.getDestination() + " again in " + durationText(delay_));
  DelayedCall call = clock_.callLater(delay_, [this, keep = connector.shared_from_this()] {
    cancel(*keep);
    if (keep->state() == Connector::State::kDisconnected) keep->connect();
  });
  pending_.push_back({&connector, std::move(call)});
}

void ReconnectingClientFactory::stopTrying() {
  continueTrying_ = false;
  const std::shared_ptr<Connector> connector = connector_.lock();
  const std::shared_ptr<Factory> keep = shared_from_this();  // the timers may be all that keeps it
  for (Pending& waits : std::exchange(pending_, {})) waits.call.cancelIfActive();
  if (connector != nullptr && connector->state() == Connector::State::kConnecting) connector->stopConnecting();
}

bool ReconnectingClientFactory::waiting() const noexcept {
  return std::any_of(pending_.begin(), pending_.end(), [](const Pending& waits) { return waits.call.active(); });
}

void ReconnectingClientFactory::remember(Connector& connector) { connector_ = connector.weak_from_this(); }

/// Takes back the retry that waits for this connector. A call that runs just now is only forgotten.
void ReconnectingClientFactory::cancel(const Connector& connector) {
  std::erase_if(pending_, [&](Pending& waits) {
    if (waits.connector != &connector) return false;
    waits.call.cancelIfActive();
    return true;
  });
}

Duration ReconnectingClientFactory::nextDelay() {
  const auto& [n, d] = options_.factor;
  base_ = retries_ == 0 ? std::min(options_.initialDelay, options_.maxDelay) : detail::scaled(base_, n, d, options_.maxDelay);
  ++retries_;
  const std::uint64_t part = options_.jitter.n, whole = options_.jitter.d;
  if (part == 0) return base_;
  if (!options_.randomSource) options_.randomSource = seededRandom(seedFrom(clock_));
  return detail::between(detail::scaled(base_, whole - part, whole, options_.maxDelay),
                         detail::scaled(base_, whole + part, whole, options_.maxDelay), options_.randomSource());
}

}  // namespace teasel
