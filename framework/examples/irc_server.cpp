#include <chrono>

#include <examples/serve.hpp>
#include <teasel/protocols/irc/server.hpp>

int main(int argc, char** argv) {
  using namespace teasel;
  examples::Options options("irc_server",
                            "An IRC server: channels, modes, invitations and bans, for the clients that people use.");
  examples::Server server(6667);
  server.addTo(options);
  irc::ServerOptions about;
  std::string password;
  options.add("--name", "NAME", "the name of the server", about.name);
  options.add("--motd", "LINE", "a line of the message of the day; may be given several times", about.motd);
  options.add("--password", "TEXT", "what clients must give as their password", password);
  return options.run(argc, argv, [&] {
    about.unixTime = [] {
      return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    };
    return server.run([&](Reactor& reactor) {
      auto realm = std::make_shared<irc::InMemoryWordsRealm>(irc::GroupSettings{}, password);
      return std::make_shared<irc::IRCFactory>(reactor, about, std::move(realm));
    });
  });
}
