#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace teasel::fakes {

/// The arguments of one command: options first looked up by name, then what is left checked. Every
/// error is a UsageError that says what there is.
class Arguments {
 public:
  Arguments(std::string command, int argc, char** argv) : command_(std::move(command)), left_(argv, argv + argc) {}

  /// Takes `--name VALUE` or `--name=VALUE`; the last of several.
  std::optional<std::string> value(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name);
  bool flag(std::string_view name);
  /// Takes what is no option: exactly one, `what` names it.
  std::string onlyPath(std::string_view what);
  /// Nothing may be left.
  void finish();

 private:
  std::string command_;
  std::vector<std::string> left_;
  std::vector<std::string> known_;
};

}  // namespace teasel::fakes
