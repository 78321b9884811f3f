#include <teasel/protocols/haproxy.hpp>

#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/core/logger.hpp>
#include <teasel/protocol/detail/build_protocol.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("haproxy");
using Problem = HaproxyError::Problem;
}  // namespace

HAProxyProtocolWrapper::HAProxyProtocolWrapper(HAProxyWrappingFactory& factory)
    : wrapping_(factory), parser_(factory.options().maxLength) {}

HAProxyProtocolWrapper::~HAProxyProtocolWrapper() { timer_.cancelIfActive(); }

void HAProxyProtocolWrapper::connectionMade() {
  const HAProxyOptions& options = wrapping_.options();
  if (options.trusted && !options.trusted(proxyAddress()))
    return refuse(HaproxyError(Problem::kUntrusted, 0, proxyAddress().text() + " may not send a PROXY header"));
  if (options.timeout)
    timer_ = wrapping_.clock().callLater(*options.timeout, [this] {
      refuse(HaproxyError(Problem::kTimedOut, parser_.taken(),
                          "the header did not end within " + durationText(*wrapping_.options().timeout)));
    });
}

void HAProxyProtocolWrapper::dataReceived(ByteView data) {
  if (refused_) return;
  if (parser_.header()) return ProtocolWrapper::dataReceived(data);
  const std::size_t took = parser_.feed(data);
  if (!parser_.done()) return;
  timer_.cancelIfActive();
  if (parser_.error()) return refuse(*parser_.error());
  begin();
  deliver(data.sub(took));
}

void HAProxyProtocolWrapper::begin() {
  std::shared_ptr<Protocol> protocol;
  Failure failure;
  if (!guarded("buildProtocol", failure, [&] { protocol = detail::buildProtocol(wrapping_.wrappedFactory(), getPeer()); }))
    kLog.failure("exception out of buildProtocol", failure);
  if (protocol == nullptr) transport().loseConnection();
  else wrap(std::move(protocol));
}

/// Delivers what came behind the header or was held, unless the protocol wants it later or no more.
void HAProxyProtocolWrapper::deliver(ByteView rest) {
  if (rest.empty() || disconnecting()) return;
  if (paused()) held_.assign(rest.data(), rest.size());
  else ProtocolWrapper::dataReceived(rest);
}

void HAProxyProtocolWrapper::producingResumed() {
  ProtocolWrapper::producingResumed();
  if (!held_.empty()) deliver(std::exchange(held_, {}));
}

void HAProxyProtocolWrapper::connectionLost(const Failure& reason) {
  timer_.cancelIfActive();
  held_ = {};
  ProtocolWrapper::connectionLost(reason);
  if (!parser_.done() && !refused_ && parser_.taken() > 0) wrapping_.headerRefused(proxyAddress(), reason);
}

void HAProxyProtocolWrapper::refuse(const HaproxyError& why) {
  refused_ = true;
  const Failure failure(why);
  transport().failConnection(failure);
  wrapping_.headerRefused(proxyAddress(), failure);
}

const Address& HAProxyProtocolWrapper::getHost() const noexcept {
  return header() && header()->addressed ? header()->destination : transport().getHost();
}

const Address& HAProxyProtocolWrapper::getPeer() const noexcept {
  return header() && header()->addressed ? header()->source : transport().getPeer();
}

HAProxyWrappingFactory::HAProxyWrappingFactory(Clock& clock, std::shared_ptr<Factory> wrapped, HAProxyOptions options)
    : WrappingFactory(std::move(wrapped)), clock_(clock), options_(std::move(options)) {
  if (options_.timeout && *options_.timeout < Duration::zero())
    throw NegativeDelay("a PROXY header that must end within " + durationText(*options_.timeout));
}

std::shared_ptr<Protocol> HAProxyWrappingFactory::buildProtocol(const Address&) {
  auto wrapper = std::make_shared<HAProxyProtocolWrapper>(*this);
  wrapper->setFactory(shared_from_this());
  list(*wrapper);
  return wrapper;
}

void HAProxyWrappingFactory::headerRefused(const Address& proxy, const Failure& why) {
  if (kLog.enabled(LogLevel::kWarn)) kLog.warn("connection from " + proxy.text() + ": " + why.text());
}

}  // namespace teasel
