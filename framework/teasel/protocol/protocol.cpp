#include <teasel/protocol/protocol.hpp>

#include <utility>

#include <teasel/protocol/factory.hpp>

namespace teasel {

Protocol::Protocol() : transport_(unconnectedTransport()) {}
Protocol::~Protocol() = default;

void Protocol::makeConnection(std::shared_ptr<Transport> transport) {
  transport_ = std::move(transport);
  connectionMade();
}

std::string Protocol::logPrefix() const { return detail::typeName(typeid(*this)); }

}  // namespace teasel
