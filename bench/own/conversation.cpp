#include "conversation.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <teasel/core/errors.hpp>

namespace teasel::bench {
namespace {

/// How many connections are made between two rests.
constexpr int kPause = 200;
/// How many bytes a message shows.
constexpr std::size_t kShown = 40;

std::string shown(ByteView bytes) { return '"' + escaped(bytes, kShown) + '"'; }

}  // namespace

Conversation::Conversation(std::uint16_t port, int connections, const Benchmark& benchmark, long firstNumber)
    : LoadConnections(port, connections),
      benchmark_(benchmark),
      firstNumber_(firstNumber),
      talks_(static_cast<std::size_t>(connections)) {
  connectAll(kPause);
}

std::string Conversation::nameOf(std::size_t index) const { return "connection " + std::to_string(talks_[index].number); }

long Conversation::takeNumbers(long count) {
  static long next = 0;
  return std::exchange(next, next + count);
}

void Conversation::connecting(std::size_t index) {
  Talk& talk = talks_[index];
  const long number = talk.number < 0 ? firstNumber_ + static_cast<long>(index) : takeNumbers(1);
  talk = {};
  talk.number = number;
}

void Conversation::opened(std::size_t index) {
  Talk& talk = talks_[index];
  const auto& opening = benchmark_.opening();
  // A step begins when the reply of the one before is whole.
  while (talk.replies.empty() && talk.step < opening.size()) {
    const std::size_t step = talk.step++;
    const bool greets = benchmark_.greets();
    const std::string what =
        greets && step == 0 ? "the greeting" : "the reply of login " + std::to_string(step + (greets ? 0 : 1));
    say(index, opening[step], {0, 0, what, 0});
  }
}

void Conversation::begin(std::size_t index) {
  Talk& talk = talks_[index];
  const long round = talk.round++;
  ++talk.underWay;
  say(index, *benchmark_.measured(), {0, 0, {}, round});
}

void Conversation::say(std::size_t index, const Benchmark::Exchange& exchange, Reply reply) {
  Talk& talk = talks_[index];
  Stream& each = stream(index);
  if (each.sent == each.posted) talk.out.clear(), talk.outFrom = each.posted;
  if (talk.replies.empty()) talk.wanted.clear(), talk.wantedFrom = each.expected;
  const Turn turn{talk.number, reply.round};
  const auto made = [&](const Said& said, const char* what, std::string& out) {
    try {
      said.addTo(out, turn);
    } catch (const std::exception& error) {
      throw std::runtime_error(nameOf(index) + ": the benchmark's function of " + what + " threw in " +
                               (reply.what.empty() ? "round " + std::to_string(reply.round) : reply.what) + ": " + error.what());
    }
  };
  made(exchange.request, "a request", talk.out);
  each.posted = talk.outFrom + talk.out.size();
  reply.begin = each.expected;
  if (exchange.until) {
    talk.end.clear(), talk.last.clear();
    made(exchange.reply, "an end", talk.end);
    // One byte more than there is, until the end is there.
    each.expected += talk.end.empty() ? 0 : 1;
  } else {
    made(exchange.reply, "a reply", talk.wanted);
    each.expected = talk.wantedFrom + talk.wanted.size();
  }
  reply.end = each.expected;
  const bool empty = reply.begin == reply.end;
  if (empty && reply.what.empty())
    throw UsageError(nameOf(index) + ": the reply of round " + std::to_string(reply.round) +
                     " is empty: nothing says when it is over");
  if (!empty) talk.replies.push_back(std::move(reply));
  send(index);
}

std::span<const char> Conversation::outgoing(std::size_t index) {
  const Talk& talk = talks_[index];
  const auto at = static_cast<std::size_t>(stream(index).sent - talk.outFrom);
  return {talk.out.data() + at, talk.out.size() - at};
}

std::string Conversation::placeOf(const Reply& reply, std::uint64_t at) {
  const std::string what = reply.what.empty() ? "the reply of round " + std::to_string(reply.round) : reply.what;
  return "byte " + std::to_string(at - reply.begin) + " of " + what;
}

void Conversation::checkUntil(std::size_t index, ByteView bytes) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 20;
  Talk& talk = talks_[index];
  Stream& each = stream(index);
  Reply& reply = talk.replies.front();
  const std::size_t before = talk.last.size();
  talk.last += bytes.text();
  const std::size_t found = talk.last.find(talk.end);
  each.expected = reply.end = each.received + bytes.size() + (found == std::string::npos ? 1 : 0);
  if (found == std::string::npos) {
    if (each.expected - reply.begin > kMost)
      throw std::runtime_error(nameOf(index) + ": a MiB of " + reply.what + " has come, and not " + shown(talk.end));
    talk.last.erase(0, talk.last.size() - std::min(talk.last.size(), talk.end.size() - 1));
    return;
  }
  const std::size_t rest = found + talk.end.size() - before;
  talk.end.clear();
  if (rest < bytes.size())
    throw std::runtime_error(nameOf(index) + ": the server sent what nothing asked for: " + shown(bytes.sub(rest)));
}

void Conversation::check(std::size_t index, std::span<const char> bytes) {
  const Talk& talk = talks_[index];
  const std::uint64_t received = stream(index).received;
  const ByteView came(bytes.data(), bytes.size());
  if (!talk.end.empty()) return checkUntil(index, came);
  const ByteView wanted = ByteView(talk.wanted).sub(static_cast<std::size_t>(received - talk.wantedFrom));
  if (came == wanted.sub(0, came.size())) return;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(came, wanted).in1 - came.begin());
  if (at == wanted.size())
    throw std::runtime_error(nameOf(index) + ": the server sent what nothing asked for: " + shown(came.sub(at)));
  const auto reply = std::ranges::find_if(talk.replies, [&](const Reply& each) { return received + at < each.end; });
  const auto rest = static_cast<std::size_t>(reply->end - received - at);
  throw std::runtime_error(nameOf(index) + ", " + placeOf(*reply, received + at) + ": the server sent " +
                           shown(came.sub(at, rest)) + " where " + shown(wanted.sub(at, rest)) + " was expected");
}

void Conversation::checked(std::size_t index) {
  Talk& talk = talks_[index];
  while (!talk.replies.empty() && talk.replies.front().end <= stream(index).received) {
    if (talk.replies.front().what.empty()) --talk.underWay;
    talk.replies.pop_front();
  }
  opened(index);
}

std::string Conversation::missing(std::size_t index) const {
  const Talk& talk = talks_[index];
  const std::uint64_t received = stream(index).received;
  if (!talk.end.empty())
    return nameOf(index) + " waits for " + shown(talk.end) + " in " + talk.replies.front().what + ", of which " +
           std::to_string(received - talk.replies.front().begin) + " bytes came";
  const Reply& reply = talk.replies.front();
  const ByteView wanted = ByteView(talk.wanted).sub(static_cast<std::size_t>(received - talk.wantedFrom));
  return nameOf(index) + " waits for " + placeOf(reply, received) + ", " +
         shown(wanted.sub(0, static_cast<std::size_t>(reply.end - received)));
}

}  // namespace teasel::bench
