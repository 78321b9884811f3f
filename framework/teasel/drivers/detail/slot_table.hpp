#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace teasel::detail {

/// Owns the entries of a driver. Each has a place, a small number that is used again, and a
/// generation, which is another one each time: a key that the kernel hands back late finds nothing.
/// `Entry` has the members place and generation, which the table sets.
template <class Entry>
class SlotTable {
 public:
  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;
  ~SlotTable() {
    for (const Place& place : places_) delete place.entry;
  }

  /// Makes an entry of the type `Made`, which is `Entry` or derived from it.
  template <class Made = Entry>
  Made& make() {
    auto entry = std::make_unique<Made>();
    if (free_.empty()) {
      places_.emplace_back();
      free_.reserve(places_.size());  // so that remove() cannot fail
      free_.push_back(static_cast<std::uint32_t>(places_.size() - 1));
    }
    entry->place = free_.back();
    free_.pop_back();
    Place& place = places_[entry->place];
    entry->generation = ++place.generation;
    place.entry = entry.get();
    return *entry.release();
  }
  void remove(Entry& entry) noexcept {
    places_[entry.place].entry = nullptr;
    free_.push_back(entry.place);
    delete &entry;
  }
  static std::uint64_t key(const Entry& entry) noexcept { return std::uint64_t{entry.generation} << 32 | entry.place; }
  /// Null when the entry is gone.
  Entry* find(std::uint64_t key) const noexcept {
    const Place& place = places_[static_cast<std::uint32_t>(key)];
    return place.entry != nullptr && place.generation == key >> 32 ? place.entry : nullptr;
  }
  Entry& at(std::uint32_t place) const noexcept { return *places_[place].entry; }
  template <class F>
  void forEach(F&& call) {
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i].entry != nullptr) call(*places_[i].entry);
  }

 private:
  struct Place {
    Entry* entry = nullptr;
    std::uint32_t generation = 0;
  };
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

}  // namespace teasel::detail
