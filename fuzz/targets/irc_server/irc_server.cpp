#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/watch.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

#include "irc_server/observed.hpp"

namespace teasel::targets {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kWords[] = {
    "\r\n",
    "NICK ann\r\n",
    "NICK bob\r\n",
    "USER u 0 * :u\r\n",
    "JOIN #a\r\n",
    "JOIN #b,#c k\r\n",
    "PART #a\r\n",
    "MODE #a +o bob\r\n",
    "MODE #a +bk x k\r\n",
    "MODE #a b\r\n",
    "MODE ann +i\r\n",
    "TOPIC #a :t\r\n",
    "KICK #a bob\r\n",
    "INVITE bob #a\r\n",
    "PRIVMSG #a :x\r\n",
    "NOTICE ann :x\r\n",
    "WHO *\r\n",
    "WHOIS ann,bob\r\n",
    "NAMES #a\r\n",
    "LIST\r\n",
    "AWAY :x\r\n",
    "QUIT :x\r\n",
    "CAP LS 302\r\n",
    "CAP REQ :multi-prefix\r\n",
    "CAP END\r\n",
    "PING x\r\n",
    "ISON ann bob\r\n",
    "LUSERS\r\n",
};

fakes::ScenarioOptions ircServerOptions() {
  fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.connections = 4;
  options.shape.events = 24;
  options.world.faults.windows = true;
  options.world.faults.stalls = true;
  options.world.faults.reset = {1, 100};
  return options;
}

/// Small limits, so that inputs reach them.
irc::ServerOptions smallLimits() {
  irc::ServerOptions options;
  options.limits = {.channels = 5,
                    .channelsPerUser = 3,
                    .nickLength = 9,
                    .channelLength = 12,
                    .topicLength = 20,
                    .textLength = 20,
                    .keyLength = 6,
                    .bans = 3,
                    .maskLength = 30,
                    .targets = 3,
                    .modes = 3,
                    .invitations = 2,
                    .sendQueue = 6000,
                    // The model knows each answer as a whole, so none is sent in portions.
                    .answerQueue = 6000};
  options.flood = {.burst = 30, .interval = 100ms, .patience = std::chrono::hours(48)};
  return options;
}

/// Which connection of the Play became which user of the server.
using Ids = std::array<IrcModel::Id, fakes::Play::kMaxConnections>;

/// Compares the users and channels of the server with those of the model.
void checkState(fakes::World& world, const irc::IRCFactory& server, const IrcModel& model) {
  world.check(server.users() == model.users(), "users");
  world.check(server.channels() == model.channels(), "channels");
  for (const std::string& name : model.channelNames()) world.check(server.members(name) == model.members(name), "members");
}

/// Compares what a client has received with what it had to receive.
void checkView(fakes::World& world, const fakes::RemotePeer& peer, IrcModel& model, IrcModel::Id id) {
  std::string_view rest = peer.received().text();
  for (std::size_t end = rest.find("\r\n"); end != std::string_view::npos; end = rest.find("\r\n")) {
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    world.check(line.size() <= 510 && line.find_first_of({"\r\n\0", 3}) == std::string_view::npos, "line");
    if (const std::string wrong = model.received(id, line); !wrong.empty()) return world.fail("model", wrong);
  }
  // A client that read all until the end of the stream has all that it had to get.
  const bool whole = peer.sawEof() && !peer.sawReset() && !peer.eofSent();
  if (whole) world.check(rest.empty(), "whole-lines");
  if (whole && model.owed(id) > 0) world.fail("model", "\"" + model.next(id) + "\" did not come");
}

/// Tells the scenario which users there are.
class NamedFactory : public ObservedFactory {
 public:
  NamedFactory(fakes::World& world, const irc::ServerOptions& options, const std::shared_ptr<IrcModel>& model, Ids& ids)
      : ObservedFactory(world.host().reactor(), options, model), world_(world), model_(model), ids_(ids) {}
  std::shared_ptr<irc::IRCUser> makeUser() override { return std::make_shared<User>(*this); }

 private:
  struct User : ObservedUser {
    explicit User(NamedFactory& itsServer) : ObservedUser(itsServer, itsServer.model_), server(itsServer) {}
    void connectionMade() override {
      ObservedUser::connectionMade();
      server.found(id(), transport().getPeer());
    }
    NamedFactory& server;
  };
  void found(IrcModel::Id id, const Address& address) {
    for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k)
      if (const fakes::Stream* stream = world_.peer(k).stream(); stream != nullptr && stream->side[0].address == address)
        ids_[k] = id;
  }
  fakes::World& world_;
  std::shared_ptr<IrcModel> model_;
  Ids& ids_;
};

TEASEL_SCENARIO(irc_server, "users, channels and modes of the IRC server are those of a plain model, and so is every line",
                ircServerOptions()) {
  const irc::ServerOptions options = smallLimits();
  // What ends with the run is no part of it.
  const props::Bounds bounds{.bufferedBytes = 70'000,
                             .pendingBytes = options.limits.sendQueue + irc::kMaxMessage,
                             .buffered = [](const Protocol& user) { return dynamic_cast<const Framing&>(user).bufferedBytes(); }};
  props::Watch watch(world, bounds);
  const auto model = std::make_shared<IrcModel>(options);
  Ids ids{};
  const auto server = std::make_shared<NamedFactory>(world, options, model, ids);
  server->noisy = false;
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(1, watch.over(server));
  reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [&] {
    checkState(world, *server, *model);
    model->freeze();
  });
  if (!world.run()) return;
  watch.finish();
  for (unsigned k = 0; k < fakes::Play::kMaxConnections; ++k)
    if (ids[k] != 0) checkView(world, world.peer(k), *model, ids[k]);
}

}  // namespace
}  // namespace teasel::targets
