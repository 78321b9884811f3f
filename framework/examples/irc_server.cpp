#include <teasel/application/run.hpp>
#include <teasel/drivers/wall_clock.hpp>
#include <teasel/protocols/irc/server.hpp>

int main(int argc, char** argv) {
  using namespace teasel;
  irc::ServerOptions about;
  about.unixTime = [] { return posix::wallClockMicroseconds() / 1'000'000; };
  std::string password;
  Application application("irc_server", "An IRC server: channels, modes, invitations and bans, for the clients that people use.");
  application.listens("tcp:6667:interface=127.0.0.1")
      .add("name", "NAME", "the name of the server", about.name)
      .add("motd", "LINE", "a line of the message of the day; may be given several times", about.motd)
      .add("password", "TEXT", "what clients must give as their password", password);
  return application.run(argc, argv, [&](Launch& launch) {
    auto realm = std::make_shared<irc::InMemoryWordsRealm>(irc::GroupSettings{}, password);
    return launch.serve(std::make_shared<irc::IRCFactory>(launch.reactor, about, std::move(realm)));
  });
}
