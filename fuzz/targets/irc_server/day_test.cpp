#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <teasel/fakes/world/world.hpp>
#include <teasel/protocol/connector.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/protocols/line_receiver.hpp>

#include "irc_server/observed.hpp"

/// A day of 200 clients in 20 channels. Each sends a command a minute on average: 288,000 commands.
/// Connections break, links fail, and machines of clients lose their power. A model says what each
/// client must receive, line by line.
namespace teasel::targets {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kHosts = 10, kClientsPerHost = 20, kChannels = 20, kChannelsEach = 3;
constexpr std::string_view kServer = "server";

/// A small generator: the same numbers everywhere (splitmix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9E37'79B9'7F4A'7C15ull;
    std::uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xBF58'476D'1CE4'E5B9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D0'49BB'1331'11EBull;
    return (mixed ^ (mixed >> 31)) % bound;
  }
  Duration upTo(Duration most) { return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(most.count())))); }

 private:
  std::uint64_t state_;
};

/// What all parts of the day share.
struct Day {
  std::shared_ptr<IrcModel> model;
  std::map<std::string, IrcModel::Id> ids;  // by the address of the client
  std::set<IrcModel::Id> deaf;              // whose client is gone
  std::string server;                       // its address
  Dice dice{20};
  std::uint64_t commands = 0, delivered = 0, ended = 0;
  std::array<std::uint64_t, 12> kinds{};
  std::string wrong;
  bool over = false;

  void fail(IrcModel::Id id, const std::string& what) {
    if (wrong.empty()) wrong = "client " + std::to_string(id) + ": " + what;
  }
  void forget(IrcModel::Id id) {
    deaf.insert(id);
    model->forget(id);
  }
};

/// Counts commands, and tells the day who is who.
struct DayUser : ObservedUser {
  DayUser(irc::IRCFactory& server, Day& itsDay) : ObservedUser(server, itsDay.model), day(itsDay) {}
  void connectionMade() override {
    ObservedUser::connectionMade();
    day.ids[transport().getPeer().text()] = id();
  }
  void messageReceived(const irc::Message& message) override {
    if (!message.is("PONG")) ++day.commands;
    ObservedUser::messageReceived(message);
  }
  void userLeft(std::string_view reason) override {
    ObservedUser::userLeft(reason);
    ++day.ended;
    if (day.deaf.contains(id())) day.model->forget(id());
  }
  Day& day;
};

struct DayFactory : irc::IRCFactory {
  DayFactory(Clock& clock, const irc::ServerOptions& options, Day& itsDay) : IRCFactory(clock, options), day(itsDay) {}
  std::shared_ptr<irc::IRCUser> makeUser() override { return std::make_shared<DayUser>(*this, day); }
  Day& day;
};

class DayClient : public LineReceiver {
 public:
  DayClient(Day& day, Clock& clock, unsigned number) : day_(day), clock_(clock), number_(number) {}
  ~DayClient() override { timer_.cancelIfActive(); }

  void connectionMade() override {
    address_ = transport().getHost().text();
    nick_ = "u" + std::to_string(number_);
    sendLine("NICK " + nick_);
    sendLine("USER u" + std::to_string(number_) + " 0 * :a user");
    for (unsigned at = 0; at < kChannelsEach; ++at) sendLine("JOIN " + channel(at));
    again();
  }
  void lineReceived(std::string_view line) override {
    ++day_.delivered;
    if (id_ == 0) id_ = day_.ids[address_];
    if (line.starts_with("PING ")) sendLine(std::string(line).replace(1, 1, "O"));
    if (const std::string wrong = day_.model->received(id_, line); !wrong.empty()) day_.fail(id_, wrong);
  }
  void connectionLost(const Failure& reason) override {
    timer_.cancelIfActive();
    if (id_ == 0) return;
    if (reason.check<ConnectionDone>() != nullptr && day_.model->owed(id_) > 0)
      day_.fail(id_, "\"" + day_.model->next(id_) + "\" did not come");
    day_.forget(id_);
  }

 private:
  std::string channel(unsigned at) const { return "#" + std::to_string((number_ * (7 * at + 1) + at) % kChannels); }
  std::string mine() { return channel(static_cast<unsigned>(day_.dice.below(kChannelsEach))); }
  std::string somebody() { return "u" + std::to_string(day_.dice.below(kHosts * kClientsPerHost)); }

  // After 60 s on average.
  void again() {
    timer_ = clock_.callLater(day_.dice.upTo(120s), [this] {
      if (day_.over) return;
      act();
      again();
    });
  }
  void act() {
    const std::uint64_t what = day_.dice.below(1000);
    if (what < 800) sendLine("PRIVMSG " + mine() + " :" + std::string(20 + day_.dice.below(40), 'x'));
    else if (what < 840) sendLine("JOIN " + mine());
    else if (what < 855) sendLine("PART " + mine() + " :a pause");
    else if (what < 880) rename();
    else if (what < 900) sendLine("KICK " + mine() + ' ' + somebody() + " :out");
    else if (what < 940) mode();
    else if (what < 955) sendLine("TOPIC " + mine() + " :topic " + std::to_string(day_.dice.below(100)));
    else if (what < 965) sendLine(std::string(day_.dice.below(2) == 0 ? "AWAY :gone" : "AWAY"));
    else if (what < 975) sendLine("WHOIS " + somebody());
    else if (what < 982) sendLine("NOTICE " + somebody() + " :a notice");
    else if (what < 988) sendLine("INVITE " + somebody() + ' ' + mine());
    else if (what < 992) sendLine("NAMES " + mine());
    else if (what < 994) sendLine("LIST");
    else if (what < 996) sendLine("BREW tea");
    else if (what < 998) sendLine("QUIT :enough");
    else transport().abortConnection();
  }
  void rename() {
    nick_ = day_.dice.below(2) == 0 ? "u" + std::to_string(number_) : somebody();
    sendLine("NICK " + nick_);
  }
  void mode() {
    static constexpr const char* kChanges[] = {"+o ",    "-o ",    "+v ",   "-v ", "+m",  "-m",  "+t",   "-t",
                                               "+i",     "-i",     "-i",    "+n",  "-n",  "+s",  "-s",   "+k key",
                                               "-k key", "-k key", "+l 30", "-l",  "+b ", "-b ", "-b *", "b"};
    const std::string change = kChanges[day_.dice.below(std::size(kChanges))];
    sendLine("MODE " + mine() + ' ' + change + (change.ends_with(' ') ? somebody() : ""));
  }

  Day& day_;
  Clock& clock_;
  unsigned number_;
  DelayedCall timer_;
  std::string nick_, address_;
  IrcModel::Id id_ = 0;
};

/// Connects its client again, whatever ended the connection.
class DayClients : public ClientFactory {
 public:
  DayClients(Day& day, Reactor& reactor, unsigned number) : day_(day), reactor_(reactor), number_(number) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    return std::make_shared<DayClient>(day_, reactor_, number_);
  }
  void clientConnectionFailed(Connector& connector, const Failure&) override { again(connector); }
  void clientConnectionLost(Connector& connector, const Failure&) override { again(connector); }

 private:
  void again(Connector& connector) {
    if (day_.over) return;
    reactor_.callLater(1s + day_.dice.upTo(30s), [this, kept = connector.shared_from_this()] {
      if (!day_.over) kept->connect();
    });
  }
  Day& day_;
  Reactor& reactor_;
  unsigned number_;
};

/// What fails in an hour: links for up to 400 s, and the power of one machine.
void trouble(fakes::World& world, Day& day) {
  const auto host = [&] { return "c" + std::to_string(day.dice.below(kHosts)); };
  for (int i = 0; i < 3; ++i) {
    const std::string parted = host();
    world.advance(day.dice.upTo(10min));
    world.partition(kServer, parted);
    world.advance(day.dice.upTo(400s));
    world.repair(kServer, parted);
  }
  fakes::Host& crashing = world.host(host());
  crashing.crash(day.dice.below(2) == 0 ? fakes::CrashKind::kSilent : fakes::CrashKind::kReset);
  crashing.restartIn(day.dice.upTo(5min));
}

void compare(const irc::IRCFactory& server, Day& day) {
  ASSERT_EQ(day.wrong, "");
  ASSERT_EQ(server.users(), day.model->users());
  ASSERT_EQ(server.channels(), day.model->channels());
  for (const std::string& name : day.model->channelNames()) ASSERT_EQ(server.members(name), day.model->members(name)) << name;
}

TEST(IrcModelTest, SaysWhatIsWrongWithALine) {
  IrcModel model{irc::ServerOptions{}};
  model.connected(1, "host");
  model.command(1, irc::Message::parse("NICK ann").message);
  EXPECT_EQ(model.received(1, "PING :irc.example"), "");
  EXPECT_EQ(model.received(1, ":irc.example 001 ann :Welcome"), "nothing was owed but \":irc.example 001 ann :Welcome\" came");
  model.command(1, irc::Message::parse("JOIN #tea").message);
  EXPECT_EQ(model.owed(1), 1u);
  EXPECT_EQ(model.received(1, ":irc.example 451 bob :x"), "\":irc.example 451 bob :x\" instead of \":irc.example 451 ann\"");
  EXPECT_EQ(model.received(1, ":irc.example 451 ann :You have not registered"), "");
  model.left(1, "gone");
  EXPECT_EQ(model.received(1, "ERROR :Closing Link: host (gone)"), "");
  EXPECT_NE(model.received(1, "ERROR :Closing Link: host (lost)"), "");
}

TEST(IrcServerDay, TwoHundredClientsSeeForADayWhatTheModelSays) {
  fakes::WorldOptions options;
  options.trace = fakes::Trace::Mode::kOff;
  options.limits = {.events = ~0ull, .eventsAtOneInstant = ~0ull, .eventsSinceProgress = ~0ull};
  Day day;  // lives longer than the world, whose end is heard by the users
  fakes::World world(options);
  irc::ServerOptions about;
  day.model = std::make_shared<IrcModel>(about);
  day.server = world.host(kServer).address().host();
  const auto server = std::make_shared<DayFactory>(world.host(kServer).reactor(), about, day);
  server->noisy = false;
  world.host(kServer).reactor().listenTCP(6667, server);
  for (unsigned host = 0; host < kHosts; ++host) {
    const std::string name = "c" + std::to_string(host);
    world.host(name).onStart([&day, host](Reactor& reactor) {
      for (unsigned k = 0; k < kClientsPerHost; ++k)
        reactor.connectTCP(day.server, 6667, std::make_shared<DayClients>(day, reactor, host * kClientsPerHost + k));
    });
    world.latency(name, kServer, 20ms);
    world.latency(kServer, name, 20ms);
  }
  const Instant begin = world.now();
  const std::clock_t cpu = std::clock();
  for (int hour = 1; hour <= 24; ++hour) {
    trouble(world, day);
    world.advance(begin + std::chrono::hours(hour) - world.now());
    compare(*server, day);
    if (testing::Test::HasFatalFailure()) return;
  }
  const double seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  RecordProperty("commands", std::to_string(day.commands));
  RecordProperty("deliveries", std::to_string(day.delivered));
  RecordProperty("cpu_seconds", std::to_string(seconds));
  std::printf("%llu commands, %llu deliveries, %llu connections ended, %.1f s of CPU\n",
              static_cast<unsigned long long>(day.commands), static_cast<unsigned long long>(day.delivered),
              static_cast<unsigned long long>(day.ended), seconds);
  EXPECT_GE(day.commands, 270'000u);
  EXPECT_GE(day.delivered, 5'000'000u);
  EXPECT_GE(day.ended, 500u);
  day.over = true;
}

}  // namespace
}  // namespace teasel::targets
