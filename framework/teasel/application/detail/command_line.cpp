#include <teasel/application/detail/options.hpp>

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include <teasel/application/run.hpp>

namespace teasel::detail {

namespace {

/// CLI11 takes "--name=" for "--name" and would use the next argument as its value.
bool isEmptyAssignment(std::string_view argument, const std::vector<Option>& options) {
  if (!argument.starts_with("--") || !argument.ends_with('=')) return false;
  const std::string_view name = argument.substr(2, argument.size() - 3);
  return std::any_of(options.begin(), options.end(), [name](const Option& option) { return option.name == name; });
}

/// Throws ConfigurationError for "--name=value" where the name is that of a switch: CLI11 would
/// take any number for a value.
void refuseValueOfSwitch(std::string_view argument, const std::vector<Option>& options) {
  const std::size_t equals = argument.find('=');
  if (!argument.starts_with("--") || equals == std::string_view::npos) return;
  const std::string_view name = argument.substr(2, equals - 2);
  const bool isSwitch =
      name == "help" || name == "version" || std::any_of(options.begin(), options.end(), [name](const Option& option) {
        return option.kind == OptionKind::kSwitch && option.name == name;
      });
  if (isSwitch) throw ConfigurationError("--" + std::string(name) + " takes no value; see --help");
}

/// The arguments in reverse order, as CLI11 wants them.
std::vector<std::string> reversed(const std::vector<Option>& options, int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    refuseValueOfSwitch(argument, options);
    if (isEmptyAssignment(argument, options)) {
      arguments.emplace_back(argument.substr(0, argument.size() - 1));
      arguments.emplace_back();
    } else {
      arguments.emplace_back(argument);
    }
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

void declare(CLI::App& app, const Option& option, std::vector<std::string>& results) {
  const std::string name = "--" + option.name;
  const auto keep = [&results](const CLI::results_t& texts) {
    results = texts;
    return true;
  };
  if (option.kind == OptionKind::kSwitch) {
    app.add_flag_function(name, [&results](std::int64_t) { results = {"true"}; }, option.about);
    return;
  }
  CLI::Option* declared = app.add_option(name, keep, option.about);
  declared->type_name(option.value)->allow_extra_args(false);
  if (option.kind == OptionKind::kTexts) declared->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

[[noreturn]] void refuseExtra(const std::string& argument) {
  const bool option = argument.starts_with('-') && argument.size() > 1;
  throw ConfigurationError((option ? "unknown option '" : "unexpected argument '") + argument + "'; see --help");
}

std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void give(Option& option, const std::string& where, const std::vector<std::string>& texts) {
  if (option.set(texts)) return;
  throw ConfigurationError(where + " cannot be '" + (texts.empty() ? "" : texts.front()) + "'; it takes " + option.takes);
}

std::optional<std::string> readCommandLine(const About& about, std::vector<Option>& options, int argc, const char* const* argv) {
  CLI::App app(about.text, about.name);
  app.allow_extras();
  app.set_help_flag("--help,-h", "print this text and end");
  bool version = false;
  std::vector<std::vector<std::string>> results(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) declare(app, options[i], results[i]);
  app.add_flag("--version", version, "print the version and end");
  app.footer("Each option except --config, --help and --version is also a key of the TOML file that --config names.");
  try {
    app.parse(reversed(options, argc, argv));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::ParseError& error) {
    throw ConfigurationError(firstLine(error.what()) + "; see --help");
  } catch (const ConfigurationError&) {
    throw;
  } catch (const std::exception& error) {
    // CLI11 lets errors of the standard library through, for example of std::stoll.
    throw ConfigurationError("the command line cannot be read: " + firstLine(error.what()) + "; see --help");
  }
  if (version) return about.name + (about.version.empty() ? "" : " " + about.version) + " (Teasel " TEASEL_VERSION ")\n";
  if (const std::vector<std::string> extra = app.remaining(); !extra.empty()) refuseExtra(extra.front());
  for (std::size_t i = 0; i < options.size(); ++i) {
    options[i].given = app.get_option("--" + options[i].name)->count() > 0;
    if (options[i].given) give(options[i], "--" + options[i].name, results[i]);
  }
  return std::nullopt;
}

}  // namespace teasel::detail
