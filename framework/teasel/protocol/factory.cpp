#include <teasel/protocol/factory.hpp>

#include <teasel/core/logger.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("factory");
}

std::shared_ptr<Protocol> Factory::buildProtocol(const Address&) { return make_ ? make_() : nullptr; }

void Factory::doStart() {
  if (numPorts_ == 0) {
    if (noisy && kLog.enabled(LogLevel::kInfo)) kLog.info("starting factory " + logPrefix());
    startFactory();
  }
  ++numPorts_;
}

void Factory::doStop() {
  if (numPorts_ == 0) return;
  if (--numPorts_ > 0) return;
  if (noisy && kLog.enabled(LogLevel::kInfo)) kLog.info("stopping factory " + logPrefix());
  stopFactory();
}

std::string Factory::logPrefix() const { return detail::typeName(typeid(*this)); }

}  // namespace teasel
