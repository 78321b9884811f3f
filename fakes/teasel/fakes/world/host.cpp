#include <teasel/fakes/world/host.hpp>

namespace teasel::fakes {

Host::Host(Network& network, WaitPump& pump, std::string_view name, SimDriver::Mode mode)
    : network_(network), pump_(pump), name_(name) {
  remake(mode);
}

void Host::remake(SimDriver::Mode mode) {
  reactor_.reset();  // first: so the new driver gets the number of the old one
  auto driver = std::make_unique<SimDriver>(network_, mode);
  driver_ = driver.get();
  reactor_ = std::make_unique<Reactor>(std::move(driver));
  driver_->threads()->setPump(&pump_);
  started_ = false;
}

void Host::restart(std::string_view name, SimDriver::Mode mode) {
  if (name_ != name) name_ = name;
  driver_->setMode(mode);
  driver_->restart();
  reactor_->renew();
  started_ = false;
}

}  // namespace teasel::fakes
