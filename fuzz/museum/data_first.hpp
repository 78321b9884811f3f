#pragma once

#include <memory>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/protocol.hpp>

namespace teasel::museum {

/// What the two connections of a client share on the server.
struct Transfer {
  bool opened = false;
};

/// Exhibit: data is refused because its command, which was sent before it on another connection, is
/// looked at after it. The two came in one turn, and the order in which a loop visits connections
/// that are ready is its own. The check: data behind its command is taken.
class OpensTransfer : public Protocol {
 public:
  explicit OpensTransfer(Transfer& transfer) : transfer_(transfer) {}
  void dataReceived(ByteView) override { transfer_.opened = true; }

 private:
  Transfer& transfer_;
};

template <bool kFixed>
class DataFirst : public Protocol {
 public:
  DataFirst(fakes::World& world, Transfer& transfer) : world_(world), transfer_(transfer) {}

  void dataReceived(ByteView) override {
    bool refused = false;
    if constexpr (!kFixed) refused = !transfer_.opened;  // the fault: the command may follow
    world_.check(!refused, "data-refused");
  }

 private:
  fakes::World& world_;
  Transfer& transfer_;
};

/// The client: has two connections, and sends the command and the data when both are made.
struct TwoConnections {
  explicit TwoConnections(Clock& c) : clock(c) {}
  void made() {
    if (commands == nullptr || data == nullptr) return;
    clock.callLater(Duration::zero(), [this] {
      commands->write("c");
      data->write("d");
    });
  }
  Clock& clock;
  std::shared_ptr<Transport> commands, data;
};

class OneOfTwo : public Protocol {
 public:
  OneOfTwo(TwoConnections& both, bool commands) : both_(both), commands_(commands) {}
  void connectionMade() override {
    (commands_ ? both_.commands : both_.data) = sharedTransport();
    both_.made();
  }

 private:
  TwoConnections& both_;
  bool commands_;
};

}  // namespace teasel::museum
