#include <examples/log_bot.hpp>

#include <ctime>
#include <fstream>
#include <iostream>

#include <examples/serve.hpp>

using namespace teasel;

namespace {

struct Arguments {
  std::string host = "127.0.0.1", channel = "#teasel", nick = "teaselbot", password, file, reactor = "epoll";
  int port = 6667, wait = 0;
};

std::string now(const char* format) {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[100];
  return {text, std::strftime(text, sizeof text, format, &local)};
}

int run(const Arguments& arguments) {
  std::ofstream file;
  if (!arguments.file.empty()) {
    file.open(arguments.file, std::ios::app);
    if (!file) throw std::runtime_error("cannot open '" + arguments.file + "' for appending");
  }
  std::ostream& out = arguments.file.empty() ? std::cout : file;
  const examples::MessageLogger logger([&out](std::string_view line) { out << line << '\n' << std::flush; }, now);

  Reactor reactor(makeDriver(arguments.reactor));
  examples::LogBotFactory::Settings settings;
  settings.channel = arguments.channel;
  settings.client.nickname = arguments.nick;
  settings.client.password = arguments.password;
  settings.client.capabilities = {"multi-prefix", "server-time"};
  settings.client.versionName = "teasel log_bot";
  settings.reconnectAfter = std::chrono::milliseconds(arguments.wait);
  const auto factory = std::make_shared<examples::LogBotFactory>(reactor, settings, logger);
  reactor.connectTCP(arguments.host, arguments.port, factory);
  examples::runUntilInterrupted(reactor);
  return factory->failed() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  examples::Options options("log_bot", "Joins a channel of IRC and logs what happens there.");
  options.add("--host", "ADDRESS", "the server", arguments.host);
  options.add("--port", "N", "the server's port", arguments.port);
  options.add("--channel", "NAME", "the channel", arguments.channel);
  options.add("--nick", "NAME", "the bot's nick; a ^ is added when it is taken", arguments.nick);
  options.add("--password", "TEXT", "the server's password", arguments.password);
  options.add("--file", "PATH", "the log, which is appended to; without it the log goes to standard output", arguments.file);
  options.add("--wait", "MS", "how long to wait before connecting again", arguments.wait);
  options.add("--reactor", "NAME", "how the loop waits: " + examples::knownReactors(), arguments.reactor);
  return options.run(argc, argv, [&] { return run(arguments); });
}
