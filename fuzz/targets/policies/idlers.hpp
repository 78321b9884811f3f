#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

#include "policies/idler.hpp"

/// The parts that the targets of Idlers in wrappers share. These targets check what stands around a
/// protocol, on the server's and on the client's side of a connection.

namespace teasel::targets {

/// Builds Idlers and counts the calls that a client factory gets.
class Idlers final : public ClientFactory {
 public:
  explicit Idlers(Clock& clock) : clock_(clock) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    logs_.push_back(std::make_unique<props::EventLog>());
    return std::make_shared<Idler>(clock_, *logs_.back());
  }
  void startedConnecting(Connector&) override { ++begun; }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    // Counts only if it gets the Idler that it built, and not the wrapper around it.
    made += dynamic_cast<Idler*>(protocol.get()) != nullptr;
  }
  void clientConnectionFailed(Connector&, const Failure&) override { ++failed; }
  void clientConnectionLost(Connector&, const Failure&) override { ++lost; }
  std::size_t begun = 0, made = 0, failed = 0, lost = 0;

 private:
  Clock& clock_;
  std::vector<std::unique_ptr<props::EventLog>> logs_;
};

/// Options of the scenarios. `appOps` has the meaning of PlayShape::appOps.
fakes::ScenarioOptions idlerOptions(std::uint8_t appOps = 0);

/// Checks what must hold after the end:
///  - `wrapping` has let go of all wrappers.
///  - A peer that saw a clean end saw whole lines: a file that broke off must not look complete.
///  - The same run with other wrappers, or with input that is cut otherwise, has the same events.
void checkIdlers(fakes::World& world, const WrappingFactory& wrapping);

}  // namespace teasel::targets
