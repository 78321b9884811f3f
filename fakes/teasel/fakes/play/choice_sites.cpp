#include <teasel/fakes/play/choice_sites.hpp>

namespace teasel::fakes {
namespace {

std::optional<std::uint16_t> numberBehind(std::string_view name, std::string_view prefix, std::uint32_t base) {
  if (!name.starts_with(prefix) || name.size() == prefix.size() || name.size() > prefix.size() + 5) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : name.substr(prefix.size())) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (number + base > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(number + base);
}

constexpr bool faultsHaveTheirSites() {
  for (const FaultRow& fault : kFaults) {
    bool drawn = false;
    for (const ChoiceSiteRow& row : kChoiceSites) drawn = drawn || (row.fault && *row.fault == fault.control);
    if (!drawn) return false;
  }
  return true;
}
static_assert(faultsHaveTheirSites(), "kFaults: a fault has no row in kChoiceSites");

constexpr bool sitesAscend() {
  for (std::size_t i = 1; i < std::size(kChoiceSites); ++i)
    if (kChoiceSites[i - 1].site >= kChoiceSites[i].site) return false;
  return true;
}
static_assert(sitesAscend(), "kChoiceSites: rows stand in the order of their numbers, each number once");

}  // namespace

std::string siteName(std::uint16_t site) {
  if (site >= kUserSites) return "user." + std::to_string(site - kUserSites);
  if (const ChoiceSiteRow* row = choiceSiteRow(site)) return std::string(row->name);
  return "site." + std::to_string(site);
}

std::optional<std::uint16_t> siteByName(std::string_view name) {
  for (const ChoiceSiteRow& row : kChoiceSites)
    if (row.name == name) return static_cast<std::uint16_t>(row.site);
  if (const auto user = numberBehind(name, "user.", kUserSites)) return user;
  return numberBehind(name, "site.", 0);
}

}  // namespace teasel::fakes
