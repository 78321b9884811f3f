// Scenarios for scenario_main_test: one that holds, and one for each way in which a protocol can
// break.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>

using namespace teasel;
using namespace teasel::fakes;

namespace {

enum class Fault : std::uint8_t { kNone, kForgets, kKeepsView, kAborts, kSpins };

/// Counts the bytes that it gets. A '!' as the first byte of a delivery shows the fault, unless it
/// is the first delivery of the connection.
class Counter final : public Protocol {
 public:
  Counter(World& world, Fault fault) : world_(world), fault_(fault) {}
  void dataReceived(ByteView data) override {
    if (deliveries_++ == 0) first_ = data;
    else if (data[0] == '!') show();
    count_ += data.size();
  }

 private:
  void show() {
    switch (fault_) {
      case Fault::kNone: return;
      case Fault::kForgets: world_.fail("forgotten", std::to_string(count_) + " bytes are not counted any more"); return;
      case Fault::kKeepsView: count_ += first_[0] == 'x' ? 1 : 0; return;
      case Fault::kAborts: std::abort();
      case Fault::kSpins:
        for (volatile bool forever = true; forever;) {
        }
    }
  }
  World& world_;
  Fault fault_;
  ByteView first_;
  std::size_t count_ = 0;
  int deliveries_ = 0;
};

class CounterFactory final : public Factory {
 public:
  CounterFactory(World& world, Fault fault) : world_(world), fault_(fault) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Counter>(world_, fault_); }

 private:
  World& world_;
  Fault fault_;
};

void play(World& world, Fault fault) {
  world.host().reactor().listenTCP(1, std::make_shared<CounterFactory>(world, fault));
  world.run();
}

ScenarioOptions options() {
  static constexpr std::string_view kWords[] = {"!"};
  ScenarioOptions options;
  options.play.connections = 1;
  options.shape.connections = 1;
  options.shape.words = kWords;
  return options;
}

TEASEL_SCENARIO(holds, "counts every byte", options()) { play(world, Fault::kNone); }
TEASEL_SCENARIO(forgets, "loses its count", options()) { play(world, Fault::kForgets); }
TEASEL_SCENARIO(keeps_view, "reads a view past its callback", options()) { play(world, Fault::kKeepsView); }
TEASEL_SCENARIO(aborts, "calls abort", options()) { play(world, Fault::kAborts); }
TEASEL_SCENARIO(spins, "never returns", options()) { play(world, Fault::kSpins); }

}  // namespace
