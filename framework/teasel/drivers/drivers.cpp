#include <teasel/drivers/drivers.hpp>

#include <exception>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/readiness_driver.hpp>
#include <teasel/drivers/uring_driver.hpp>

namespace teasel {

namespace {

struct Known {
  std::string_view name;
  std::unique_ptr<Driver> (*make)();
};

template <std::unique_ptr<Poller> (*makePoller)()>
std::unique_ptr<Driver> makeReadiness() {
  return std::make_unique<ReadinessDriver>(makePoller());
}

constexpr Known kKnown[] = {
    {"epoll", makeReadiness<makeEpollPoller>},
    {"io_uring", [] { return makeUringDriver(); }},
    {"poll", makeReadiness<makePollPoller>},
    {"select", makeReadiness<makeSelectPoller>},
};

}  // namespace

std::vector<std::string_view> driverNames() {
  std::vector<std::string_view> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  return names;
}

std::unique_ptr<Driver> makeDriver(std::string_view name) {
  if (name.empty()) name = kKnown[0].name;
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
