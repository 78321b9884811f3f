#include <teasel/protocol/protocol.hpp>

#include <utility>

#include <teasel/core/observer.hpp>
#include <teasel/protocol/factory.hpp>

namespace teasel {

Protocol::Protocol() : transport_(unconnectedTransport()) {
  Observer* observer = Observer::current();
  observed_ = observer == nullptr ? 0 : observer->protocolMade();
}

Protocol::~Protocol() {
  if (Observer* observer = Observer::current(); observer != nullptr && observed_ != 0) observer->protocolDied(observed_);
}

void Protocol::makeConnection(std::shared_ptr<Transport> transport) {
  transport_ = std::move(transport);
  connectionMade();
}

std::string Protocol::logPrefix() const { return detail::typeName(typeid(*this)); }

}  // namespace teasel
