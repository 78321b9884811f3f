#include <teasel/fakes/world/scenario.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>

namespace teasel::fakes {

namespace {
/// It is initialised at compile time, because entries of other translation units may be made before
/// this file is initialised.
constinit detail::ScenarioEntry* firstEntry = nullptr;
}  // namespace

detail::ScenarioEntry::ScenarioEntry(const char* name, const char* about, Scenario::Function function, Site site,
                                     ScenarioOptions options) noexcept
    : scenario(name, about, function, site, options), next(std::exchange(firstEntry, this)) {}

std::size_t lineSize(ByteView bytes, std::span<const ChoiceRecord>) noexcept { return bytes.text().find('\n') + 1; }

std::vector<const Scenario*> scenarios() {
  std::vector<const Scenario*> all;
  for (const detail::ScenarioEntry* entry = firstEntry; entry != nullptr; entry = entry->next) all.push_back(&entry->scenario);
  std::sort(all.begin(), all.end(), [](const Scenario* a, const Scenario* b) { return a->name() < b->name(); });
  const auto same =
      std::adjacent_find(all.begin(), all.end(), [](const Scenario* a, const Scenario* b) { return a->name() == b->name(); });
  if (same != all.end())
    throw UsageError("two scenarios are named " + std::string((*same)->name()) + ": at " + (*same)->site().text() + " and at " +
                     (*(same + 1))->site().text());
  return all;
}

const Scenario* findScenario(std::string_view name) {
  for (const Scenario* each : scenarios())
    if (each->name() == name) return each;
  return nullptr;
}

bool Scenario::run(World& world) const {
  const World::Active active(world);
  world.drawClimate(options_.climate);
  Failure failure;
  // the world hears of an exception as the observer
  guarded("the scenario", failure, [&] { function_(world); });
  return world.finish();
}

}  // namespace teasel::fakes
