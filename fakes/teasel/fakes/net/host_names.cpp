#include <teasel/fakes/net/host_names.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/net/detail/delays.hpp>
#include <teasel/fakes/net/network.hpp>

namespace teasel::fakes {

namespace {

std::string plain(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void check(Duration delay) {
  if (delay < Duration::zero()) throw NegativeDelay("a name with a delay of " + durationText(delay));
}

/// Gives the question what the reply says.
void give(Question& question, NameReply::Kind kind, const std::vector<Address>& addresses) {
  if (kind == NameReply::Kind::kAddresses) return question.answer(addresses);
  const bool none = kind == NameReply::Kind::kNoSuchName;
  question.fail(Failure(
      DNSLookupError("cannot resolve " + question.name() + (none ? ": there is no such name" : ": the name servers failed")),
      Site{}));
}

}  // namespace

NameReply::NameReply(Kind kind, Duration delay) : kind_(kind), delay_(delay) { check(delay); }

NameReply::NameReply(std::vector<Address> addresses, Duration delay) : delay_(delay), addresses_(std::move(addresses)) {
  check(delay);
}

NameReply::NameReply(std::initializer_list<std::string_view> literals, Duration delay) : delay_(delay) {
  check(delay);
  for (const std::string_view literal : literals) {
    const auto address = Address::parse(literal, 0);
    if (!address) throw InvalidAddressError("\"" + std::string(literal) + "\" is no IP address");
    addresses_.push_back(*address);
  }
}

HostNames::Entry& HostNames::entry(std::string_view name) { return entries_[plain(name)]; }

void HostNames::set(std::string_view name, NameReply reply) { entry(name).lasting = std::move(reply); }

void HostNames::next(std::string_view name, NameReply reply) { entry(name).next.push_back(std::move(reply)); }

void HostNames::forget(std::string_view name) {
  Entry& found = entry(name);
  found.lasting.reset();
  found.next.clear();
}

std::size_t HostNames::asked(std::string_view name) const {
  const auto found = entries_.find(plain(name));
  return found == entries_.end() ? 0 : found->second.asked;
}

std::optional<NameReply> HostNames::take(std::string_view name) {
  Entry& found = entry(name);
  ++found.asked;
  if (found.next.empty()) return found.lasting;
  NameReply reply = std::move(found.next.front());
  found.next.pop_front();
  return reply;
}

NameReply SimResolver::replyFor(const std::string& name) {
  Choices& choices = network_.choices();
  if (choices.chance(network_.faults().names, ChoiceKey(host_, ChoiceSite::kFaultNames))) return NameReply::serverFailure();
  if (auto reply = network_.hostNames().take(name)) return *std::move(reply);
  if (isLocalhost(name)) return NameReply({"127.0.0.1"});
  for (std::size_t id = 0; id < network_.hosts(); ++id)
    if (const std::string_view host = network_.hostName(static_cast<std::uint8_t>(id));
        !host.empty() && plain(host) == plain(name))
      return NameReply(std::vector{Network::hostAddress(static_cast<std::uint8_t>(id))});
  return NameReply::noSuchName();
}

Duration SimResolver::drawDelay() {
  Choices& choices = network_.choices();
  if (choices.calm() || !network_.faults().latency) return Duration::zero();
  return detail::kDelays[choices.below(detail::kDelays.size(), ChoiceKey(host_, ChoiceSite::kNameDelay))];
}

std::vector<Address> SimResolver::drawOrder(const std::vector<Address>& addresses) {
  std::vector<Address> out = addresses;
  const std::uint64_t first = network_.choices().below(out.size(), ChoiceKey(host_, ChoiceSite::kNameOrder));
  std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
  return out;
}

void SimResolver::ask(std::shared_ptr<Question> question) {
  const NameReply reply = replyFor(question->name());
  if (reply.kind() == NameReply::Kind::kSilence) return;
  const Duration drawn = drawDelay();
  const Duration delay = reply.delay() + drawn;
  std::vector<Address> addresses = drawOrder(reply.addresses());
  if (delay == Duration::zero()) return give(*question, reply.kind(), addresses);
  Question& asked = *question;
  asked.setWork(clock().callLater(delay, [question = std::move(question), kind = reply.kind(), addresses = std::move(addresses)] {
    give(*question, kind, addresses);
  }));
}

}  // namespace teasel::fakes
