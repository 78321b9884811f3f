#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/address.hpp>
#include <teasel/core/clock.hpp>
#include <teasel/reactor/resolver.hpp>

namespace teasel::fakes {

class Network;

/// What a name server answers, and how long that takes.
class NameReply {
 public:
  enum class Kind : std::uint8_t { kAddresses, kNoSuchName, kServerFailure, kSilence };

  /// Addresses, as IP literals: `names.set("www.example", {"10.0.0.1", "fd00::a00:1"})`. Throws
  /// InvalidAddressError for text that is no literal, and NegativeDelay.
  NameReply(std::initializer_list<std::string_view> literals, Duration delay = {});
  explicit NameReply(std::vector<Address> addresses, Duration delay = {});
  /// There is no such name (NXDOMAIN).
  static NameReply noSuchName(Duration delay = {}) { return {Kind::kNoSuchName, delay}; }
  /// The name servers cannot say (SERVFAIL).
  static NameReply serverFailure(Duration delay = {}) { return {Kind::kServerFailure, delay}; }
  /// Nobody answers: the question waits for its time-out.
  static NameReply silence() { return {Kind::kSilence, Duration::zero()}; }

  Kind kind() const noexcept { return kind_; }
  const std::vector<Address>& addresses() const noexcept { return addresses_; }
  Duration delay() const noexcept { return delay_; }

 private:
  NameReply(Kind kind, Duration delay);
  Kind kind_ = Kind::kAddresses;
  Duration delay_;
  std::vector<Address> addresses_;
};

/// The host names of a world: what every host's resolver answers. The test sets them, at any time,
/// also inside callbacks; so answers change when the test says so. Names are compared without
/// regard to case, and a dot at their end does not count.
///
/// Names that nobody has set: "localhost" is 127.0.0.1, and the name of a host of the world is its
/// IPv4 address. There are no others (NXDOMAIN).
///
///     world.names().set("www.example", {"10.0.0.1", "10.0.0.2"});
///     world.names().set("slow.example", NameReply({"10.0.0.1"}, 3s));
///     world.names().next("www.example", NameReply::serverFailure());  // the next question only
///
/// What is drawn in addition: how long an answer takes (ChoiceSite::kNameDelay), which address
/// comes first (kNameOrder), and with the fault `names` whether the name is resolved at all
/// (kFaultNames). Links between hosts do not matter for names.
class HostNames {
 public:
  /// From now on, `name` has this answer.
  void set(std::string_view name, NameReply reply);
  /// The next question for `name` gets this answer, and later ones what holds then. Several calls
  /// are for that many questions, in order.
  void next(std::string_view name, NameReply reply);
  /// Nobody has set the name.
  void forget(std::string_view name);
  /// How often hosts have asked for `name`.
  std::size_t asked(std::string_view name) const;
  /// What the next question gets: nothing where nobody has set the name. It counts the question.
  std::optional<NameReply> take(std::string_view name);
  void restart() noexcept { entries_.clear(); }

 private:
  struct Entry {
    std::optional<NameReply> lasting;
    std::deque<NameReply> next;
    std::size_t asked = 0;
  };
  Entry& entry(std::string_view name);
  std::map<std::string, Entry, std::less<>> entries_;
};

/// The resolver of a simulated host.
class SimResolver final : public Resolver {
 public:
  /// `clock` is the reactor of the host.
  SimResolver(Clock& clock, Network& network, std::uint8_t host) noexcept : Resolver(clock), network_(network), host_(host) {}

 private:
  void ask(std::shared_ptr<Question> question) override;
  NameReply replyFor(const std::string& name);
  Duration drawDelay();
  std::vector<Address> drawOrder(const std::vector<Address>& addresses);

  Network& network_;
  std::uint8_t host_;
};

}  // namespace teasel::fakes
