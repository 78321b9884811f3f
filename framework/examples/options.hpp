#pragma once

#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <teasel/core/unique_function.hpp>

namespace teasel::examples {

/// The arguments of an example program. It knows which options there are, prints the help text, and
/// says in one line what is wrong with an argument.
class Options {
 public:
  Options(std::string program, std::string about) : program_(std::move(program)), about_(std::move(about)) {}

  /// Adds an option with a value: `name` ("--port") sets `target`. `target` holds the default, and
  /// must outlive run(). The help text calls the value `value`.
  void add(std::string name, std::string value, std::string about, std::string& target) {
    std::string note = target.empty() ? "" : " (default: " + target + ")";
    options_.push_back({std::move(name), std::move(value), std::move(about) + note, [&target](std::string_view text) {
                          target = text;
                          return true;
                        }});
  }
  void add(std::string name, std::string value, std::string about, int& target) {
    std::string note = " (default: " + std::to_string(target) + ")";
    options_.push_back({std::move(name), std::move(value), std::move(about) + note, [&target](std::string_view text) {
                          const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
                          return error == std::errc() && end == text.data() + text.size();
                        }});
  }
  /// The same for an option that may be given several times.
  void add(std::string name, std::string value, std::string about, std::vector<std::string>& target) {
    options_.push_back({std::move(name), std::move(value), std::move(about), [&target](std::string_view text) {
                          target.emplace_back(text);
                          return true;
                        }});
  }
  /// Adds a switch, which takes no value.
  void add(std::string name, std::string about, bool& target) {
    options_.push_back({std::move(name), "", std::move(about), [&target](std::string_view) { return target = true; }});
  }

  /// Reads the arguments, then runs `program`. Returns the result of main: what `program` returned,
  /// 1 if it threw, 2 if the arguments are wrong. In both cases it prints one line to standard
  /// error.
  int run(int argc, char** argv, UniqueFunction<int()> program) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view name = argv[i];
      if (name == "--help" || name == "-h") return help();
      Option* option = find(name);
      if (option == nullptr) return complain("unknown option '" + std::string(name) + "'; see --help");
      if (!option->value.empty() && ++i == argc) return complain(option->name + " needs a value: " + option->value);
      const std::string_view value = option->value.empty() ? std::string_view() : std::string_view(argv[i]);
      if (!option->set(value))
        return complain(option->name + " cannot be '" + std::string(value) + "'; it takes " + option->value);
    }
    try {
      return program();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", program_.c_str(), error.what());
      return 1;
    }
  }

 private:
  struct Option {
    std::string name, value, about;
    UniqueFunction<bool(std::string_view)> set;
  };
  Option* find(std::string_view name) {
    for (Option& option : options_)
      if (option.name == name) return &option;
    return nullptr;
  }
  int help() const {
    std::printf("usage: %s [options]\n%s\n\n", program_.c_str(), about_.c_str());
    for (const Option& option : options_)
      std::printf("  %-20s %s\n", (option.name + ' ' + option.value).c_str(), option.about.c_str());
    std::printf("  %-20s %s\n", "--help", "this text");
    return 0;
  }
  int complain(const std::string& what) const {
    std::fprintf(stderr, "%s: %s\n", program_.c_str(), what.c_str());
    return 2;
  }

  std::string program_, about_;
  std::vector<Option> options_;
};

}  // namespace teasel::examples
