#include <teasel/drivers/drivers.hpp>

#include <exception>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>
#include <teasel/drivers/detail/readiness_driver.hpp>
#include <teasel/drivers/uring_driver.hpp>

namespace teasel {

namespace {

using detail::makeEpollPoller, detail::makePollPoller, detail::makeSelectPoller;

struct Known {
  std::string_view name;
  std::unique_ptr<Driver> (*make)();
  /// The default is the first driver of which this is true.
  bool mayBeDefault;
};

template <std::unique_ptr<detail::Poller> (*makePoller)()>
std::unique_ptr<Driver> makeReadiness() {
  return std::make_unique<detail::ReadinessDriver>(makePoller());
}

constexpr Known kKnown[] = {
    {"epoll", makeReadiness<makeEpollPoller>, posix::kHasEpoll},
    {"io_uring", [] { return makeUringDriver(); }, false},
    {"poll", makeReadiness<makePollPoller>, true},
    {"select", makeReadiness<makeSelectPoller>, false},
};

std::string_view defaultName() noexcept {
  const Known* known = kKnown;
  while (!known->mayBeDefault) ++known;
  return known->name;
}

}  // namespace

std::vector<std::string_view> driverNames() {
  std::vector<std::string_view> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  return names;
}

std::unique_ptr<Driver> makeDriver(std::string_view name) {
  if (name.empty()) name = defaultName();
  constexpr std::string_view withFeatures = "io_uring:";
  if (name.starts_with(withFeatures)) return makeUringDriver(UringOptions::forFeatures(name.substr(withFeatures.size())));
  std::string list;
  for (const Known& known : kKnown) {
    if (known.name == name) return known.make();
    list += list.empty() ? "" : ", ";
    list += known.name;
  }
  throw UsageError("there is no driver '" + std::string(name) + "'; known: " + list);
}

bool driverAvailable(std::string_view name, std::string& why) noexcept {
  try {
    static_cast<void>(makeDriver(name));
    return true;
  } catch (const std::exception& error) {
    why = error.what();
    return false;
  }
}

}  // namespace teasel
