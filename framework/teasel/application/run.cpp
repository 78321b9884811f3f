#include <teasel/application/run.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <utility>

#include <teasel/application/detail/options.hpp>
#include <teasel/application/detail/program.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>

namespace teasel {

namespace {

using detail::Option;
using detail::OptionKind;

constexpr const char* kBuiltIn[] = {"listen",     "reactor",   "config", "pid-file", "log",
                                    "log-format", "log-level", "help",   "version"};

bool wellFormed(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return name.size() > 1 && std::all_of(name.begin(), name.end(), allowed) && name.front() != '-' && name.back() != '-';
}

template <class Number>
bool readNumber(const std::vector<std::string>& texts, Number& target) {
  const std::string& text = texts.back();
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  target = number;
  return true;
}

template <class Number>
Option numberOption(std::string name, std::string value, std::string about, Number& target) {
  using Limits = std::numeric_limits<Number>;
  return {std::move(name),
          std::move(value),
          std::move(about) + " (default: " + std::to_string(target) + ")",
          OptionKind::kInteger,
          "a whole number from " + std::to_string(Limits::min()) + " to " + std::to_string(Limits::max()),
          [&target](const auto& texts) { return readNumber(texts, target); }};
}

Option textOption(std::string name, std::string value, std::string about, std::string& target) {
  if (!target.empty()) about += " (default: " + target + ")";
  return {std::move(name),   std::move(value), std::move(about),
          OptionKind::kText, "a text",         [&target](const auto& texts) { return target = texts.back(), true; }};
}

Option textsOption(std::string name, std::string value, std::string about, std::vector<std::string>& target) {
  std::string defaults;
  for (const std::string& text : target) defaults += (defaults.empty() ? "" : ", ") + text;
  if (!defaults.empty()) about += " (default: " + defaults + ")";
  return {std::move(name),    std::move(value), std::move(about),
          OptionKind::kTexts, "texts",          [&target](const auto& texts) { return target = texts, true; }};
}

Option switchOption(std::string name, std::string about, bool& target) {
  return {std::move(name),  "",
          std::move(about), OptionKind::kSwitch,
          "true or false",  [&target](const auto& texts) { return target = texts.back() == "true", true; }};
}

/// An option whose values have names.
template <class Value, std::size_t kCount>
Option choiceOption(std::string name, std::string value, std::string about,
                    const std::pair<const char*, Value> (&choices)[kCount], Value& target) {
  std::string takes;
  for (std::size_t i = 0; i < kCount; ++i)
    takes += (i == 0 ? "" : i + 1 == kCount ? " or " : ", ") + std::string(choices[i].first);
  return {std::move(name),
          std::move(value),
          std::move(about) + ": " + takes,
          OptionKind::kText,
          takes,
          [&target, &choices](const std::vector<std::string>& texts) {
            for (const auto& [known, chosen] : choices)
              if (texts.back() == known) return target = chosen, true;
            return false;
          }};
}

constexpr std::pair<const char*, detail::LogFormat> kFormats[] = {{"text", detail::LogFormat::kText},
                                                                  {"json", detail::LogFormat::kJson}};
constexpr std::pair<const char*, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                        {"info", LogLevel::kInfo},
                                                        {"warn", LogLevel::kWarn},
                                                        {"error", LogLevel::kError},
                                                        {"critical", LogLevel::kCritical}};

std::string knownDrivers() {
  std::string names;
  for (const std::string_view name : driverNames()) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

/// The last part of the path of the program.
std::string nameOf(int argc, const char* const* argv) {
  const std::string path = argc > 0 && argv[0] != nullptr ? argv[0] : "";
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() ? "program" : name;
}

}  // namespace

struct Application::State {
  detail::About about;
  std::vector<Option> options;
  detail::ProgramSettings settings;
  std::string config;
  bool listens = false;
  bool ran = false;

  void add(Option option) {
    const auto taken = [&](const auto& known) { return option.name == known; };
    const bool builtIn = std::any_of(std::begin(kBuiltIn), std::end(kBuiltIn), taken);
    if (!wellFormed(option.name))
      throw UsageError("an option cannot be called '" + option.name +
                       "': use lower-case letters, digits and dashes, two at least");
    if (builtIn || std::any_of(options.begin(), options.end(), [&](const Option& known) { return taken(known.name); }))
      throw UsageError("there is an option '" + option.name + "' already");
    options.push_back(std::move(option));
  }
  void addBuiltIn(bool choosesReactor) {
    if (listens)
      options.push_back(textsOption(
          "listen", "STRING", "where to listen, such as tcp:8000:interface=127.0.0.1 or unix:PATH; may be given several times",
          settings.listen));
    if (choosesReactor)
      options.push_back(textOption("reactor", "NAME", "how the loop waits: " + knownDrivers(), settings.driver));
    options.push_back(textOption("config", "FILE", "a TOML file with options; the command line wins over it", config));
    options.back().inFile = false;
    options.push_back(textOption("pid-file", "FILE", "holds the process number while the program runs", settings.pidFile));
    options.push_back(textOption("log", "FILE", "where the log is appended to; 'stderr' is standard error", settings.log));
    options.push_back(choiceOption("log-format", "FORMAT", "how a line of the log looks", kFormats, settings.logFormat));
    options.push_back(choiceOption("log-level", "LEVEL", "the lowest level that is logged", kLevels, settings.logLevel));
  }
  int run(Reactor* given, int argc, const char* const* argv, const Maker& maker) {
    if (std::exchange(ran, true)) throw UsageError("an Application runs once");
    settings.name = about.name;
    settings.log = "stderr";
    addBuiltIn(given == nullptr);
    try {
      if (const auto text = detail::readCommandLine(about, options, argc, argv)) {
        if (std::fwrite(text->data(), 1, text->size(), stdout) == text->size() && std::fflush(stdout) == 0) return kExitClean;
        detail::complain(about.name, "cannot write to standard output");
        return kExitFailed;
      }
      if (!config.empty()) detail::readConfigFile(config, options);
    } catch (const ConfigurationError& error) {
      detail::complain(about.name, error.what());
      return kExitUsage;
    }
    return detail::runProgram(settings, given, maker);
  }
};

Application::Application(std::string name, std::string about, std::string version) : state_(std::make_unique<State>()) {
  state_->about = {std::move(name), std::move(about), std::move(version)};
}
Application::~Application() = default;

Application& Application::listens(std::string description) {
  state_->listens = true;
  state_->settings.listen.push_back(std::move(description));
  return *this;
}
Application& Application::add(std::string name, std::string value, std::string about, std::string& target) {
  return state_->add(textOption(std::move(name), std::move(value), std::move(about), target)), *this;
}
Application& Application::add(std::string name, std::string value, std::string about, int& target) {
  return state_->add(numberOption(std::move(name), std::move(value), std::move(about), target)), *this;
}
Application& Application::add(std::string name, std::string value, std::string about, std::int64_t& target) {
  return state_->add(numberOption(std::move(name), std::move(value), std::move(about), target)), *this;
}
Application& Application::add(std::string name, std::string value, std::string about, std::vector<std::string>& target) {
  return state_->add(textsOption(std::move(name), std::move(value), std::move(about), target)), *this;
}
Application& Application::add(std::string name, std::string about, bool& target) {
  return state_->add(switchOption(std::move(name), std::move(about), target)), *this;
}

int Application::run(int argc, const char* const* argv, const Maker& maker) { return state_->run(nullptr, argc, argv, maker); }
int Application::run(std::shared_ptr<Service> service, int argc, const char* const* argv) {
  return state_->run(nullptr, argc, argv, [&service](Launch&) { return service; });
}
int Application::run(Reactor& reactor, std::shared_ptr<Service> service, int argc, const char* const* argv) {
  return state_->run(&reactor, argc, argv, [&service](Launch&) { return service; });
}

int run(std::shared_ptr<Service> service, int argc, const char* const* argv) {
  return Application(nameOf(argc, argv)).run(std::move(service), argc, argv);
}
int run(Reactor& reactor, std::shared_ptr<Service> service, int argc, const char* const* argv) {
  return Application(nameOf(argc, argv)).run(reactor, std::move(service), argc, argv);
}
int run(const Application::Maker& maker, int argc, const char* const* argv) {
  return Application(nameOf(argc, argv)).run(argc, argv, maker);
}

}  // namespace teasel
