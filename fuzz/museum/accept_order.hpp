#pragma once

#include <memory>
#include <string>
#include <utility>

#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// Exhibit: a server takes the first of two connections for the one that was made first. Its client
/// connects twice, for commands and for data, and says on each which it is. The check: the server
/// knows it, too.
template <bool kFixed>
class Accepted : public Protocol {
 public:
  Accepted(fakes::World& world, std::string role) : world_(world), role_(std::move(role)) {}
  void dataReceived(ByteView data) override {
    said_ += data.text();
    const std::size_t end = said_.find('\n');
    if (end == std::string::npos) return;
    const std::string said = said_.substr(0, end);
    if constexpr (kFixed) role_ = said;  // the fault: the order of accepting says it
    world_.check(role_ == said || (said != "commands" && said != "data"), "mixed-up");
    transport().loseConnection();
  }

 private:
  fakes::World& world_;
  std::string role_, said_;
};

template <bool kFixed>
class AcceptOrder : public Factory {
 public:
  explicit AcceptOrder(fakes::World& world) : world_(world) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    return std::make_shared<Accepted<kFixed>>(world_, ++accepted_ % 2 == 1 ? "commands" : "data");
  }

 private:
  fakes::World& world_;
  int accepted_ = 0;
};

/// Says what the connection is for.
class SaysRole : public Protocol {
 public:
  explicit SaysRole(std::string role) : role_(std::move(role)) {}
  void connectionMade() override { transport().write(role_ + "\n"); }

 private:
  std::string role_;
};

}  // namespace teasel::museum
