#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

#include "policies/idler.hpp"

/// What the targets of Idlers in wrappers share: what stands around a protocol, on both sides of a
/// connection.

namespace teasel::targets {

/// Builds Idlers, and counts what a client factory is told.
class Idlers final : public ClientFactory {
 public:
  explicit Idlers(Clock& clock) : clock_(clock) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    logs_.push_back(std::make_unique<props::EventLog>());
    return std::make_shared<Idler>(clock_, *logs_.back());
  }
  void startedConnecting(Connector&) override { ++begun; }
  void clientConnectionMade(Connector&, const std::shared_ptr<Protocol>& protocol) override {
    // what it has built, and not what that was wrapped in
    made += dynamic_cast<Idler*>(protocol.get()) != nullptr;
  }
  void clientConnectionFailed(Connector&, const Failure&) override { ++failed; }
  void clientConnectionLost(Connector&, const Failure&) override { ++lost; }
  std::size_t begun = 0, made = 0, failed = 0, lost = 0;

 private:
  Clock& clock_;
  std::vector<std::unique_ptr<props::EventLog>> logs_;
};

/// `appOps` as in PlayShape.
fakes::ScenarioOptions idlerOptions(std::uint8_t appOps = 0);

/// What must hold when all has ended: `wrapping` has let go of all wrappers; a peer that saw a
/// clean end saw whole lines, as a file that broke off must not look whole; the wrappers of another
/// run change nothing, nor do other cuts.
void checkIdlers(fakes::World& world, const WrappingFactory& wrapping);

}  // namespace teasel::targets
