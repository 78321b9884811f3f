#include "ledger.hpp"

#include <utility>

namespace teasel::soak {
namespace {

std::string counted(std::uint64_t received, std::uint64_t written) {
  return std::to_string(received) + " of " + std::to_string(written) + " bytes";
}

/// Whether connectionLost may have this reason after what the end did itself.
bool reasonFits(const Outcome& end) {
  switch (end.call) {
    case Call::kNone:
    case Call::kLose: return end.reason == Reason::kDone || end.reason == Reason::kLost;
    case Call::kFail: return end.reason == Reason::kFailed;
    case Call::kAbort: return end.reason == Reason::kAborted;
    case Call::kThrow: return end.reason == Reason::kThrown;
  }
  return false;
}

/// What holds for every end, whatever the other one did.
void compareEnd(const Plan& plan, Role role, const Outcome& end, const Outcome& other, std::vector<std::string>& wrong) {
  const std::string who = std::string("the ") + name(role);
  if (!reasonFits(end)) wrong.push_back(who + " was lost for a reason that does not fit what it did: " + end.why);
  if (end.received > other.written)
    wrong.push_back(who + " received more than was written: " + counted(end.received, other.written));
  // The abort of a UNIX socket looks like a clean end (docs/resets.md).
  const bool cut = plan.isUnix() && other.aborted();
  if (end.cleanEnd && !cut && end.received != other.written)
    wrong.push_back(who + " heard a clean end of the stream after " + counted(end.received, other.written));
}

/// What holds for an end whose peer ends in good order.
void compareWithPolite(const Plan& plan, Role role, const Outcome& end, const Outcome& other, std::vector<std::string>& wrong) {
  const std::string who = std::string("the ") + name(role);
  if (end.reason == Reason::kLost) wrong.push_back(who + " was reset by a peer that ended in good order: " + end.why);
  if (!plan.of(role).polite()) return;
  if (end.received != other.written)
    wrong.push_back(who + " received " + counted(end.received, other.written) + " although both ended in good order");
  // The peer's half-close ends a connection that is not half-closeable, before all is written.
  const bool whole = plan.of(role).halfCloseable || plan.of(otherThan(role)).ending != Ending::kHalfClose;
  if (whole && end.written != plan.of(role).total)
    wrong.push_back(who + " could write " + counted(end.written, plan.of(role).total) + " although both ended in good order");
}

}  // namespace

const char* name(Reason reason) noexcept {
  static constexpr const char* kNames[] = {"ConnectionDone",    "ConnectionLost",  "ConnectionAborted",
                                           "its own exception", "its own failure", "another"};
  return kNames[static_cast<int>(reason)];
}

void Findings::add(std::uint64_t number, std::string what) {
  ++count_;
  const std::scoped_lock lock(mutex_);
  if (kept_.size() < kKept) kept_.push_back({number, std::move(what)});
}

std::vector<Finding> Findings::all() const {
  const std::scoped_lock lock(mutex_);
  return kept_;
}

std::vector<std::string> compare(const Plan& plan, const Outcome& client, const Outcome& server) {
  std::vector<std::string> wrong;
  // A plain socket tells nothing of what it received.
  if (plan.visit != Visit::kKnock) compareEnd(plan, Role::kClient, client, server, wrong);
  compareEnd(plan, Role::kServer, server, client, wrong);
  if (plan.server.polite()) compareWithPolite(plan, Role::kClient, client, server, wrong);
  if (plan.client.polite()) compareWithPolite(plan, Role::kServer, server, client, wrong);
  return wrong;
}

void Ledger::ended(std::uint64_t number, Role role, Outcome outcome) {
  Entry entry;
  {
    const std::scoped_lock lock(mutex_);
    Entry& kept = entries_[number];
    std::optional<Outcome>& mine = role == Role::kClient ? kept.client : kept.server;
    if (mine) findings_.add(number, std::string("the ") + name(role) + " ended twice");
    mine = std::move(outcome);
    if (!kept.client || !kept.server) return;
    entry = std::move(kept);
    entries_.erase(number);
  }
  for (std::string& what : compare(plan(number), *entry.client, *entry.server)) findings_.add(number, std::move(what));
}

void Ledger::failed(std::uint64_t number, bool cancelled, const std::string& why) {
  if (!cancelled && !plan(number).fleeting()) findings_.add(number, "it could not connect: " + why);
  const std::scoped_lock lock(mutex_);
  entries_.erase(number);
}

void Ledger::atRest() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [number, entry] : entries_) judgeAlone(number, entry);
  entries_.clear();
}

void Ledger::judgeAlone(std::uint64_t number, const Entry& entry) {
  const Plan plan = this->plan(number);
  // A client that gave up may have been accepted before, and the server has learnt its number.
  if (!entry.client) {
    if (plan.visit == Visit::kConnection && !plan.fleeting()) findings_.add(number, "only the server heard of it");
    return;
  }
  // The port was closed before it was accepted, or it was over before the server knew who it was.
  const bool mayBeAlone = plan.fleeting() || plan.visit == Visit::kRefused || !plan.client.polite();
  if (!mayBeAlone) findings_.add(number, "the server never heard of it; the client was lost with " + entry.client->why);
  if (entry.client->received > 0) findings_.add(number, "the client received bytes that no server wrote");
}

}  // namespace teasel::soak
