#include <teasel/fuzz/input_facts.hpp>

#include <algorithm>
#include <iterator>

#include <teasel/fakes/trace/trace.hpp>

namespace teasel::fuzz {

namespace {

/// Never 0.
std::uint64_t hashOf(ByteView input) noexcept { return fakes::detail::hashBytes(input) | 1u; }
std::size_t placeOf(std::uint64_t hash) noexcept { return (hash >> 32) % FactTable::kInputs; }

/// Keeps a record among those of its site. Each record of a site is kept with the same chance, and
/// the same run keeps the same ones.
void keep(InputFacts::SiteDraws& site, const fakes::ChoiceRecord& record) {
  const std::uint64_t before = site.count++;
  if (site.some.size() < InputFacts::kMostDraws) {
    site.some.push_back(record);
    return;
  }
  const std::uint64_t place = fakes::detail::scaled(fakes::detail::mix(before * fakes::detail::kGolden), before + 1);
  if (place < site.some.size()) site.some[place] = record;
}

}  // namespace

void InputFacts::take(fakes::World& world, const std::vector<fakes::ChoiceRecord>& records) {
  const fakes::Choices& choices = world.choices();
  std::size_t used = 0;  // of `sites`, whose vectors keep their memory
  for (const fakes::ChoiceRecord& record : choices.records()) {
    if (fakes::drawsPlay(record.site)) continue;
    const auto end = sites.begin() + static_cast<std::ptrdiff_t>(used);
    auto found = std::find_if(sites.begin(), end, [&](const SiteDraws& each) { return each.site == record.site; });
    if (found == end) {
      if (used == sites.size()) sites.emplace_back();
      found = sites.begin() + static_cast<std::ptrdiff_t>(used++);
      found->site = record.site;
      found->count = 0;
      found->some.clear();
    }
    keep(*found, record);
  }
  sites.resize(used);
  live.clear();
  std::copy_if(records.begin(), records.end(), std::back_inserter(live),
               [&](const fakes::ChoiceRecord& each) { return choices.hasDrawn(each); });
  for (unsigned k = 0; k < outputs.size(); ++k) outputs[k] = world.peer(k).received().sub(0, kMostOutput).text();
}

const InputFacts* FactTable::find(ByteView input) const noexcept {
  const std::uint64_t hash = hashOf(input);
  const Entry& entry = entries_[placeOf(hash)];
  return entry.hash == hash ? &entry.facts : nullptr;
}

InputFacts& FactTable::renew(ByteView input) {
  const std::uint64_t hash = hashOf(input);
  Entry& entry = entries_[placeOf(hash)];
  entry.hash = hash;
  return entry.facts;
}

}  // namespace teasel::fuzz
