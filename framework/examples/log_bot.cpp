#include <examples/log_bot.hpp>

#include <ctime>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <utility>

#include <teasel/application/run.hpp>
#include <teasel/core/logger.hpp>

using namespace teasel;

namespace {

std::string now(const char* format) {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[100];
  return {text, std::strftime(text, sizeof text, format, &local)};
}

/// Connects the bot. The end of the reactor ends its connection.
class BotService : public Service {
 public:
  BotService(Launch& launch, std::string host, int port, std::shared_ptr<examples::LogBotFactory> factory)
      : launch_(launch), host_(std::move(host)), port_(port), factory_(std::move(factory)) {}
  void startService() override {
    launch_.reactor.connectTCP(host_, port_, factory_);
    Service::startService();
  }
  Deferred<void> stopService() override {
    if (!factory_->refusal().empty()) launch_.fail(factory_->refusal());
    else if (factory_->failed()) launch_.fail("there is no connection to " + host_ + ", port " + std::to_string(port_));
    return Service::stopService();
  }

 private:
  Launch& launch_;
  std::string host_;
  int port_;
  std::shared_ptr<examples::LogBotFactory> factory_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string host = "127.0.0.1", path;
  int port = 6667, wait = 5000;
  examples::LogBotFactory::Settings settings;
  settings.client.nickname = "teaselbot";
  settings.client.versionName = "teasel log_bot";
  std::ofstream file;

  Application application("log_bot", "Joins a channel of IRC and logs what happens there.");
  application.add("host", "ADDRESS", "the server", host)
      .add("port", "N", "the server's port", port)
      .add("channel", "NAME", "the channel", settings.channel)
      .add("nick", "NAME", "the bot's nick; a ^ is added when it is taken", settings.client.nickname)
      .add("password", "TEXT", "the server's password", settings.client.password)
      .add("file", "PATH", "where to write what is said; without it that goes to standard output", path)
      .add("wait", "MS", "how long to wait before connecting again; longer when the server lets the bot not in", wait);
  return application.run(argc, argv, [&](Launch& launch) {
    if (wait < 0) throw ConfigurationError("--wait cannot be below 0");
    if (const std::string fault = examples::LogBotFactory::faultOf(settings); !fault.empty()) throw ConfigurationError(fault);
    if (!path.empty()) file.open(path, std::ios::app);
    if (!path.empty() && !file) throw std::runtime_error("cannot open '" + path + "' for appending");
    std::ostream& out = path.empty() ? std::cout : file;
    // A line that cannot be written (a full disk) is lost; the first one is logged.
    const auto write = [&out, losing = false](std::string_view line) mutable {
      out << line << '\n' << std::flush;
      const bool lost = !out;
      out.clear();
      if (lost && !std::exchange(losing, true)) Logger("log_bot").error("cannot write what is said; lines are lost");
      losing = lost;
    };
    const examples::MessageLogger logger(write, now);
    settings.reconnectAfter = std::chrono::milliseconds(wait);
    const auto factory = std::make_shared<examples::LogBotFactory>(launch.reactor, settings, logger);
    return std::make_shared<BotService>(launch, host, port, factory);
  });
}
