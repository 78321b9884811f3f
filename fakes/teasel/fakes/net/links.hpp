#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <teasel/core/clock.hpp>

namespace teasel::fakes {

/// What a link does with what is sent in one direction.
enum class LinkState : std::uint8_t {
  kOpen,  ///< it arrives
  kHeld,  ///< the network keeps it until the link is open again
  kCut,   ///< it is lost; kernels send again what a stream needs
};

/// The rules of the links between the parties of a network, and which parties are silent. A party
/// is a host, by number, or kRemotePeer for the outside, where all remote peers are. A link that
/// has no rule is open and has no latency. So most networks have no rules.
///
/// It is a table and moves nothing. Network (network_links.cpp) applies it to streams.
class Links {
 public:
  /// No link has a rule and no party is silent: everything goes the plain way.
  bool plain() const noexcept { return plain_; }
  void restart() noexcept { rules_.clear(), silent_.clear(), plain_ = true; }

  /// What happens to what `from` sends to `to`. For a silent party it is lost.
  LinkState state(std::uint8_t from, std::uint8_t to) const noexcept {
    return silent(to) ? LinkState::kCut : ruleState(from, to);
  }
  /// What the rule of this direction says.
  LinkState ruleState(std::uint8_t from, std::uint8_t to) const noexcept;
  /// When this direction opens by itself, or kNever.
  Instant until(std::uint8_t from, std::uint8_t to) const noexcept;
  /// How long it takes from `from` to `to`.
  Duration latency(std::uint8_t from, std::uint8_t to) const noexcept;
  /// Changes the state of one direction. At `until` it is to be open again; kNever: it stays so.
  void set(std::uint8_t from, std::uint8_t to, LinkState state, Instant until);
  void setLatency(std::uint8_t from, std::uint8_t to, Duration latency);
  /// The party hears nothing: its machine has no power.
  void setSilent(std::uint8_t party, bool silent);
  bool silent(std::uint8_t party) const noexcept;

  /// One direction of a link that has a rule.
  struct Rule {
    std::uint8_t from, to;
    LinkState state = LinkState::kOpen;
    Duration latency{};
    Instant until = kNever;
  };
  /// The rules, in the order in which the links got their first one.
  const std::vector<Rule>& rules() const noexcept { return rules_; }

 private:
  const Rule* find(std::uint8_t from, std::uint8_t to) const noexcept;
  Rule& make(std::uint8_t from, std::uint8_t to);
  void changed(const Rule& rule);

  std::vector<Rule> rules_;
  std::vector<std::uint8_t> silent_;
  bool plain_ = true;  // asked at every write
};

}  // namespace teasel::fakes
