#include <teasel/fakes/play/odometer.hpp>

#include <algorithm>

namespace teasel::fakes {
namespace {

std::string shown(ChoiceKey key) { return "entity " + std::to_string(key.entity) + ", " + siteName(key.site); }

std::vector<std::uint16_t> numbers(std::initializer_list<ChoiceSite> sites) {
  std::vector<std::uint16_t> out;
  for (const ChoiceSite site : sites) out.push_back(static_cast<std::uint16_t>(site));
  return out;
}

}  // namespace

Odometer::Odometer(std::vector<std::uint16_t> sites, Budget budget) : sites_(std::move(sites)), budget_(budget) {
  std::sort(sites_.begin(), sites_.end());
  for (const std::uint16_t site : sites_)
    if (site < 64) smallSites_ |= std::uint64_t{1} << site;
}

Odometer::Odometer(std::initializer_list<ChoiceSite> sites, Budget budget) : Odometer(numbers(sites), budget) {}

bool Odometer::next() {
  if (done_) return false;
  if (runs_ != 0) {
    // A run that ends before it has drawn the same values again is as bad as one that draws
    // something else.
    if (!mismatch_ && !tooDeep_ && at_ < digits_.size()) {
      mismatch_ = "draw " + std::to_string(at_ + 1) + " was " + shown(digits_[at_].key) + ", this time the run ended before it";
    }
    if (mismatch_) throw OdometerMismatch("the run is not deterministic: " + *mismatch_ + " (" + progress() + ")");
    if (tooDeep_) {
      throw OdometerBudget("a run makes more than " + std::to_string(budget_.draws) + " draws of the enumerated sites (run " +
                           std::to_string(runs_) + ")");
    }
    while (!digits_.empty() && digits_.back().value + 1 >= digits_.back().bound) digits_.pop_back();
    if (digits_.empty()) {
      done_ = true;
      return false;
    }
    ++digits_.back().value;
    if (runs_ == budget_.runs)
      throw OdometerBudget("not enumerated within " + std::to_string(budget_.runs) + " runs; next was " + progress());
  }
  ++runs_;
  at_ = 0;
  return true;
}

std::uint64_t Odometer::drawDigit(std::uint64_t bound, ChoiceKey key) {
  if (broken()) return 0;
  if (at_ == digits_.size()) {
    if (at_ == budget_.draws) {
      tooDeep_ = true;
      return 0;
    }
    digits_.push_back({key, bound, 0});
  }
  const Digit& digit = digits_[at_];
  if (digit.key.entity != key.entity || digit.key.site != key.site || digit.bound != bound) {
    mismatch_ = "draw " + std::to_string(at_ + 1) + " was " + shown(digit.key) + " with bound " + std::to_string(digit.bound) +
                ", this time " + shown(key) + " with bound " + std::to_string(bound);
    return 0;
  }
  ++at_;
  return digit.value;
}

std::string Odometer::progress() const {
  static constexpr std::size_t kShown = 8;
  std::string out = "run " + std::to_string(runs_) + ":";
  for (std::size_t i = 0; i < digits_.size() && i < kShown; ++i) {
    const Digit& digit = digits_[i];
    out += (i == 0 ? " " : ", ") + siteName(digit.key.site) + ' ' + std::to_string(digit.value) + " of " +
           std::to_string(digit.bound);
  }
  if (digits_.size() > kShown) out += " and " + std::to_string(digits_.size() - kShown) + " more";
  return out;
}

}  // namespace teasel::fakes
