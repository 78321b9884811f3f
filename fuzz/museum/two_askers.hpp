#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/clock.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocols/line_receiver.hpp>

namespace teasel::museum {

/// Exhibit: of two clients that ask in one turn, one gets both answers. The server answers what
/// came in a turn when the turn is over, and remembers who asked last. The check: an answer goes to
/// the one who asked.
template <bool kFixed>
class TwoAskers : public Factory {
 public:
  TwoAskers(fakes::World& world, Clock& clock) : world_(world), clock_(clock) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Asker>(*this); }

 private:
  class Asker : public LineReceiver {
   public:
    explicit Asker(TwoAskers& desk) : LineReceiver("\n"), desk_(desk) {}
    void lineReceived(std::string_view) override { desk_.ask(shared_from_this()); }

   private:
    TwoAskers& desk_;
  };

  void ask(std::shared_ptr<Protocol> asker) {
    if (askers_.empty()) clock_.callLater(Duration::zero(), [this, self = shared_from_this()] { answer(); });
    askers_.push_back(asker);
    last_ = std::move(asker);
  }
  void answer() {
    for (const std::shared_ptr<Protocol>& asker : askers_) {
      const std::shared_ptr<Protocol>& to = kFixed ? asker : last_;  // the fault: who asked last
      world_.check(to == asker, "wrong-asker");
      to->transport().write(".");  // no line, so that a peer that repeats it asks nothing
    }
    askers_.clear();
    last_.reset();
  }

  fakes::World& world_;
  Clock& clock_;
  std::vector<std::shared_ptr<Protocol>> askers_;
  std::shared_ptr<Protocol> last_;
};

}  // namespace teasel::museum
