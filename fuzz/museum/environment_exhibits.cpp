// The exhibits of the environment: faults that no input of the peer shows. Each needs something
// that a kernel, a network or a clock does. Most of them have no peer in the Play at all.

#include <functional>
#include <memory>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "accept_order.hpp"
#include "applied_twice.hpp"
#include "early_answer.hpp"
#include "exhibit.hpp"
#include "hasty_close.hpp"
#include "kept_half.hpp"
#include "late_reply.hpp"
#include "retry_storm.hpp"
#include "short_write.hpp"
#include "timer_tie.hpp"
#include "two_due.hpp"

namespace teasel::museum {
namespace {

using fakes::Faults;
using fakes::World;

constexpr std::string_view kWords[] = {"\n", "a"};
constexpr int kPort = 7;

/// Serves protocols that take the reactor's time.
template <class P, class... Args>
void serveTimed(World& world, Args... args) {
  Reactor& reactor = world.host().reactor();
  const auto factory = Factory::forProtocol<P>(args..., std::ref(reactor));
  factory->noisy = false;
  reactor.listenTCP(kPort, factory);
  world.run();
}

template <bool kFixed>
void timerTie(World& world) {
  serveTimed<TimerTie<kFixed>>(world);
}
TEASEL_EXHIBIT(timer_tie, "an answer at the instant of its time-out is taken twice", timerTie, oneConnection(kWords))

/// What breaks a connection may cut any reply. So only what the server does is left.
fakes::ScenarioOptions unbroken() {
  fakes::ScenarioOptions options = oneConnection(kWords);
  options.climate.without = {&Faults::listen, &Faults::reset, &Faults::partition};
  return options;
}

template <bool kFixed>
void hastyClose(World& world) {
  Instant repliedAt{};
  serveTimed<HastyClose<kFixed>>(world, std::ref(repliedAt));
  // A driver waits so long for a reply to arrive, and then it cuts even one that is well closed.
  if (world.now() - repliedAt >= std::chrono::seconds(2)) return;
  const fakes::RemotePeer& peer = world.peer(0);
  if (peer.sawReset() && !peer.received().empty()) world.check(peer.received().text().ends_with('\n'), "cut-reply");
}
TEASEL_EXHIBIT(hasty_close, "a reply is cut short where the window is small", hastyClose, unbroken())

template <bool kFixed>
void twoDue(World& world) {
  serveTimed<TwoDue<kFixed>>(world, std::ref(world));
}
TEASEL_EXHIBIT(two_due, "two timers of different times fall due in one turn", twoDue, oneConnection(kWords))

template <bool kFixed>
void retryStorm(World& world) {
  Reactor& reactor = world.host().reactor();
  const auto clients = std::make_shared<RetryStorm<kFixed>>(world, reactor);
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [clients] { clients->stop(); });
  const Address server = world.remoteAddress();
  reactor.connectTCP(server.host(), server.port(), clients);
  world.run();
}
TEASEL_EXHIBIT(retry_storm, "a client that is refused tries again without a pause", retryStorm, oneConnection(kWords))

template <bool kFixed>
void acceptOrder(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  server.listenTCP(kPort, std::make_shared<AcceptOrder<kFixed>>(world));
  for (const char* role : {"commands", "data"}) {
    const auto says = ClientFactory::forProtocol<SaysRole>(std::string(role));
    says->noisy = false;
    client.connectTCP(world.host("server").address().host(), kPort, says);
  }
  world.run();
}
TEASEL_EXHIBIT(accept_order, "the first connection that is accepted is taken for the first that was made", acceptOrder,
               fakes::ScenarioOptions{})

template <bool kFixed>
void lateReply(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  const auto repeats = Factory::forProtocol<Repeats>();
  const auto asks = ClientFactory::forProtocol<LateReply<kFixed>>(std::ref(world), std::ref(client));
  repeats->noisy = asks->noisy = false;
  server.listenTCP(kPort, repeats);
  client.connectTCP(world.host("server").address().host(), kPort, asks);
  world.run();
}
TEASEL_EXHIBIT(late_reply, "a reply behind its time-out is taken for the next one", lateReply, fakes::ScenarioOptions{})

template <bool kFixed>
void appliedTwice(World& world) {
  Orders disk;
  fakes::Host& server = world.host("server");
  Reactor& client = world.host("client").reactor();
  server.onStart([&world, &disk](Reactor& reactor) {
    const auto takers = Factory::forProtocol<OrderTaker<kFixed>>(std::ref(world), std::ref(reactor), std::ref(disk));
    takers->noisy = false;
    reactor.listenTCP(kPort, takers);
  });
  const auto giver = std::make_shared<OrderGiver>(client);
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [giver] { giver->stop(); });
  client.connectTCP(server.address().host(), kPort, giver);
  world.run();
}
TEASEL_EXHIBIT(applied_twice, "an order is carried out again behind a crash", appliedTwice, fakes::ScenarioOptions{})

template <bool kFixed>
void shortWrite(World& world) {
  const auto factory = Factory::forProtocol<ShortWrite<kFixed>>();
  factory->noisy = false;
  world.host().reactor().listenTCP(kPort, factory);
  world.run();
  world.check(ShortWrite<kFixed>::kText.starts_with(world.peer(0).received().text()), "wrong-place");
}
TEASEL_EXHIBIT(short_write, "a server goes on at the wrong place behind a short write", shortWrite, oneConnection(kWords))

template <bool kFixed>
void keptHalf(World& world) {
  using Client = KeptHalf<kFixed>;
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  const auto ready = Factory::forProtocol<SaysReady>(Client::kLine);
  ready->noisy = false;
  server.listenTCP(kPort, ready);
  const auto reads = std::make_shared<Client>(world, client);
  client.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [reads] { reads->stop(); });
  client.connectTCP(world.host("server").address().host(), kPort, reads);
  world.run();
}
TEASEL_EXHIBIT(kept_half, "half a line is kept over a reconnect", keptHalf, fakes::ScenarioOptions{})

template <bool kFixed>
void earlyAnswer(World& world) {
  Reactor& server = world.host("server").reactor();
  Reactor& client = world.host("client").reactor();
  const auto repeats = Factory::forProtocol<Repeats>();
  const auto asks = ClientFactory::forProtocol<EarlyAnswer<kFixed>>(std::ref(world));
  repeats->noisy = asks->noisy = false;
  server.listenTCP(kPort, repeats);
  client.connectTCP(world.host("server").address().host(), kPort, asks);
  world.run();
}
TEASEL_EXHIBIT(early_answer, "an answer is refused that overtakes the report of its question's write", earlyAnswer,
               fakes::ScenarioOptions{})

}  // namespace
}  // namespace teasel::museum
