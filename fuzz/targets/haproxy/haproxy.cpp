#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <teasel/core/check.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/event_log.hpp>
#include <teasel/props/properties.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/haproxy.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::targets {
namespace {

using namespace std::string_view_literals;

/// What the protocol behind the header does in connectionMade. The world chooses it.
enum class Behaviour : std::uint8_t { kReads, kPausesForASecond, kCloses };
constexpr fakes::ChoiceKey kBehaviour{0, fakes::kUserSites};
constexpr std::size_t kMaxLength = 300;

/// Reports who its client is, and what it gets.
class Inner final : public Protocol {
 public:
  Inner(Clock& clock, props::EventLog& log, Behaviour behaviour) : clock_(clock), log_(log), behaviour_(behaviour) {}
  void connectionMade() override {
    if (behaviour_ == Behaviour::kCloses) transport().loseConnection();
    if (behaviour_ == Behaviour::kPausesForASecond) {
      transport().pauseProducing();
      resume_ = clock_.callLater(std::chrono::seconds(1), [this] { transport().resumeProducing(); });
    }
    const auto& header = dynamic_cast<const HAProxyProtocolWrapper&>(transport()).header();
    TEASEL_CHECK(header);
    if (!header->addressed) return log_.event("client");
    TEASEL_CHECK(transport().getPeer() == header->source);
    TEASEL_CHECK(transport().getHost() == header->destination);
    log_.event("client", header->source.text() + ' ' + header->destination.text());
  }
  void dataReceived(ByteView data) override {
    TEASEL_CHECK(!transport().paused() && !transport().disconnecting());
    log_.part("data", data);
  }
  void connectionLost(const Failure&) override { resume_.cancelIfActive(); }

 private:
  Clock& clock_;
  props::EventLog& log_;
  Behaviour behaviour_;
  DelayedCall resume_;
};

class Inners final : public Factory {
 public:
  Inners(Clock& clock, props::EventLog& log, Behaviour behaviour) : clock_(clock), log_(log), behaviour_(behaviour) {}
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return std::make_shared<Inner>(clock_, log_, behaviour_); }

 private:
  Clock& clock_;
  props::EventLog& log_;
  Behaviour behaviour_;
};

/// Reports why a header is refused.
class Proxied final : public HAProxyWrappingFactory {
 public:
  Proxied(Clock& clock, props::EventLog& log, Behaviour behaviour)
      : HAProxyWrappingFactory(clock, std::make_shared<Inners>(clock, log, behaviour), {.maxLength = kMaxLength}), log_(log) {}
  void headerRefused(const Address&, const Failure& why) override {
    if (const auto* refused = why.check<HaproxyError>()) return log_.last("refused", std::string_view(refused->what()));
    TEASEL_CHECK(why.check<ConnectionClosed>());
    log_.last("broken off", why.name());
  }

 private:
  props::EventLog& log_;
};

std::shared_ptr<Protocol> proxied(Clock& clock, props::EventLog& log, Behaviour behaviour) {
  return std::make_shared<Proxied>(clock, log, behaviour)->buildProtocol(Address());
}

/// One connection: everything that came, and what was reported.
struct Seen {
  std::string bytes;
  props::EventLog log;
};

/// Keeps what comes, header included.
class Tap final : public ProtocolWrapper {
 public:
  Tap(std::shared_ptr<Protocol> wrapped, Seen& seen) : ProtocolWrapper(std::move(wrapped)), seen_(seen) {}
  void dataReceived(ByteView data) override {
    seen_.bytes.append(data.data(), data.size());
    ProtocolWrapper::dataReceived(data);
  }

 private:
  Seen& seen_;
};

class Taps final : public Factory {
 public:
  Taps(Clock& clock, Behaviour behaviour) : clock_(clock), behaviour_(behaviour) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    seen.push_back(std::make_unique<Seen>());
    return std::make_shared<Tap>(proxied(clock_, seen.back()->log, behaviour_), *seen.back());
  }
  std::vector<std::unique_ptr<Seen>> seen;

 private:
  Clock& clock_;
  Behaviour behaviour_;
};

/// How many bytes a correct header has, found in another way than the parser does it.
std::size_t headerSize(const std::string& bytes) {
  if (bytes[0] == 'P') return bytes.find("\r\n") + 2;
  return 16 + (static_cast<std::size_t>(static_cast<unsigned char>(bytes[14])) << 8) + static_cast<unsigned char>(bytes[15]);
}

/// Compares what was reported of a connection with what its bytes say as a whole.
void checkSeen(fakes::World& world, const Seen& seen, Behaviour behaviour) {
  HaproxyParser whole(kMaxLength);
  whole.feed(seen.bytes);
  if (!whole.header()) {
    world.check(seen.log.size() == 0, "built-without-a-header");
    if (whole.error())
      world.check(seen.log.lastKind() == "refused" && seen.log.lastBytes() == std::string_view(whole.error()->what()),
                  "refused-otherwise");
    return;
  }
  world.check(seen.log.size() >= 1 && seen.log.kind(0) == "client" && !seen.log.ended(), "not-built");
  const std::string rest = seen.bytes.substr(headerSize(seen.bytes));
  const std::string data = seen.log.size() < 2 ? "" : seen.log.bytes(1).str();
  world.check(behaviour == Behaviour::kReads ? data == rest : rest.starts_with(data), "other-bytes-than-those-behind-the-header");
}

constexpr std::string_view kWords[] = {"PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n",
                                       "PROXY TCP6 ::1 2001:db8::2 1 65535\r\n",
                                       "PROXY UNKNOWN\r\n",
                                       "PROXY ",
                                       "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"sv,
                                       "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\1\2\3\x0a\1\2\4\x12\x34\1\xbb"sv,
                                       "\r\n\r\n\0\r\nQUIT\n\x21"sv,
                                       "hello",
                                       "\r\n"};

fakes::ScenarioOptions haproxyOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.play.bytes = 4096;
  return options;
}

TEASEL_SCENARIO(haproxy, "a server behind a proxy: it gets the bytes behind a correct PROXY header, however they are cut",
                haproxyOptions()) {
  const auto behaviour = static_cast<Behaviour>(world.choices().below(3, kBehaviour));
  props::Watch watch(world);
  Reactor& reactor = world.host().reactor();
  const auto taps = std::make_shared<Taps>(reactor, behaviour);
  reactor.listenTCP(1, watch.over(taps));
  if (!world.run()) return;
  watch.finish();
  for (const auto& seen : taps->seen) checkSeen(world, *seen, behaviour);
  const props::Subject subject = [behaviour](Reactor& clock, props::EventLog& log) { return proxied(clock, log, behaviour); };
  if (world.verdict() != nullptr || !props::chunkInvariance(world, subject) || behaviour != Behaviour::kReads) return;
  if (props::exactlyOnce(world, subject) && props::silentAfterClose(world, subject)) props::pauseInvariance(world, subject);
}

}  // namespace
}  // namespace teasel::targets
