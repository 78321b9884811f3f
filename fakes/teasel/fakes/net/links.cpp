#include <teasel/fakes/net/links.hpp>

#include <algorithm>

namespace teasel::fakes {

const Links::Rule* Links::find(std::uint8_t from, std::uint8_t to) const noexcept {
  const auto found =
      std::find_if(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.from == from && rule.to == to; });
  return found == rules_.end() ? nullptr : &*found;
}

Links::Rule& Links::make(std::uint8_t from, std::uint8_t to) {
  for (Rule& rule : rules_)
    if (rule.from == from && rule.to == to) return rule;
  return rules_.emplace_back(Rule{from, to});
}

/// Drops a rule that says nothing any more.
void Links::changed(const Rule& rule) {
  if (rule.state == LinkState::kOpen && rule.latency == Duration::zero()) rules_.erase(rules_.begin() + (&rule - rules_.data()));
  plain_ = rules_.empty() && silent_.empty();
}

bool Links::silent(std::uint8_t party) const noexcept {
  return std::find(silent_.begin(), silent_.end(), party) != silent_.end();
}

LinkState Links::ruleState(std::uint8_t from, std::uint8_t to) const noexcept {
  const Rule* rule = find(from, to);
  return rule == nullptr ? LinkState::kOpen : rule->state;
}

Instant Links::until(std::uint8_t from, std::uint8_t to) const noexcept {
  const Rule* rule = find(from, to);
  return rule == nullptr ? kNever : rule->until;
}

Duration Links::latency(std::uint8_t from, std::uint8_t to) const noexcept {
  const Rule* rule = find(from, to);
  return rule == nullptr ? Duration::zero() : rule->latency;
}

void Links::set(std::uint8_t from, std::uint8_t to, LinkState state, Instant until) {
  Rule& rule = make(from, to);
  rule.state = state;
  rule.until = state == LinkState::kOpen ? kNever : until;
  changed(rule);
}

void Links::setLatency(std::uint8_t from, std::uint8_t to, Duration latency) {
  Rule& rule = make(from, to);
  rule.latency = latency;
  changed(rule);
}

void Links::setSilent(std::uint8_t party, bool silent) {
  std::erase(silent_, party);
  if (silent) silent_.push_back(party);
  plain_ = rules_.empty() && silent_.empty();
}

}  // namespace teasel::fakes
