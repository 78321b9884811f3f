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

/// The arguments of an example program: what may be given, the help text, and one clear line for
/// what is wrong.
class Options {
 public:
  Options(std::string program, std::string about) : program_(std::move(program)), about_(std::move(about)) {}

  /// `name` ("--port") sets `target`, which holds the default and must outlive run(). `value` names
  /// it in the help.
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
  /// May be given several times.
  void add(std::string name, std::string value, std::string about, std::vector<std::string>& target) {
    options_.push_back({std::move(name), std::move(value), std::move(about), [&target](std::string_view text) {
                          target.emplace_back(text);
                          return true;
                        }});
  }
  /// A switch: takes no value.
  void add(std::string name, std::string about, bool& target) {
    options_.push_back({std::move(name), "", std::move(about), [&target](std::string_view) { return target = true; }});
  }

  /// Reads the arguments, then runs `program`. Returns main's result: 0, 1 when `program` threw, 2
  /// for arguments that cannot be read; both errors are one line on standard error.
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
