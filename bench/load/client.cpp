#include "client.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "../raw/sockets.hpp"

namespace teasel::bench {
namespace {

/// The sums of the first bytes of the pattern.
const std::vector<std::uint64_t>& sums() {
  static const std::vector<std::uint64_t> kAll = [] {
    std::vector<std::uint64_t> made(Pattern::kPeriod + 1);
    const auto bytes = Pattern::from(0, Pattern::kPeriod);
    for (std::size_t i = 0; i < bytes.size(); ++i) made[i + 1] = made[i] + static_cast<unsigned char>(bytes[i]);
    return made;
  }();
  return kAll;
}

}  // namespace

LoadClient::LoadClient(std::uint16_t port, int connections, Expect expect, int pause, std::size_t message)
    : LoadConnections(port, connections), expect_(expect), message_(message), places_(static_cast<std::size_t>(connections)) {
  connectAll(pause);
}

void LoadClient::connecting(std::size_t index) {
  Place& place = places_[index];
  place = {};
  place.base = index * 7919;
  place.expectedBase = expect_ == Expect::kOwnBytes ? place.base : 0;
}

void LoadClient::post(std::size_t index, std::uint64_t bytes) {
  Stream& posted = stream(index);
  posted.posted += bytes;
  switch (expect_) {
    case Expect::kOwnBytes: posted.expected += bytes; break;
    case Expect::kFirstsBytes:
      for (std::size_t i = 0; i < size(); ++i) stream(i).expected += bytes;
      break;
    case Expect::kSource: break;
    case Expect::kReceipts: posted.expected = posted.posted / Service::kReceiptEvery * sizeof(Receipt); break;
  }
  send(index);
}

void LoadClient::ask(std::size_t index, std::uint64_t number, std::uint64_t expected) {
  stream(index).expected += expected;
  // 8 bytes always have room: nothing else is sent on such a connection.
  must(static_cast<int>(::send(stream(index).socket, &number, sizeof number, MSG_NOSIGNAL)), "send");
}

std::uint64_t LoadClient::underWay(std::size_t index) const {
  return (stream(index).posted - stream(index).received + message_ - 1) / message_;
}

std::span<const char> LoadClient::outgoing(std::size_t index) {
  const Stream& each = stream(index);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(each.posted - each.sent, Pattern::kLongest));
  return Pattern::from(places_[index].base + each.sent, size);
}

void LoadClient::check(std::size_t index, std::span<const char> bytes) {
  const Stream& each = stream(index);
  const auto fail = [&](const char* what) {
    throw std::runtime_error(std::string(what) + ": connection " + std::to_string(index) + ", byte " +
                             std::to_string(each.received));
  };
  if (each.received + bytes.size() > each.expected) fail("the server sent bytes that nobody asked for");
  Place& place = places_[index];
  if (expect_ == Expect::kReceipts) place.text.append(bytes.data(), bytes.size());
  else if (std::memcmp(bytes.data(), Pattern::from(place.expectedBase + each.received, bytes.size()).data(), bytes.size()) != 0)
    fail("the server sent other bytes than it got");
}

std::string LoadClient::missing(std::size_t index) const {
  return "bytes are lost: connection " + std::to_string(index) + " got " + std::to_string(stream(index).received) + " of " +
         std::to_string(stream(index).expected) + " bytes";
}

long LoadClient::roundTrips(std::size_t bytes, long count) {
  message_ = bytes;
  return exchanges(count);
}

Receipt LoadClient::receipt(std::size_t index) const {
  const std::string& text = places_[index].text;
  if (text.size() < sizeof(Receipt)) throw std::runtime_error("no receipt has come");
  Receipt last{};
  std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  return last;
}

std::uint64_t patternSum(std::uint64_t base, std::uint64_t bytes) {
  const auto upTo = [](std::uint64_t end) { return end / Pattern::kPeriod * sums().back() + sums()[end % Pattern::kPeriod]; };
  return upTo(base + bytes) - upTo(base);
}

}  // namespace teasel::bench
