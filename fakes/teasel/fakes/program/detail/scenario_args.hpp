#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace teasel::fakes {

/// The arguments of one command. The command first takes options by name, then checks what is left.
/// Every error is a UsageError that says what there is.
class Arguments {
 public:
  Arguments(std::string command, int argc, char** argv) : command_(std::move(command)), left_(argv, argv + argc) {}

  /// Takes `--name VALUE` or `--name=VALUE`. Of several, the last counts.
  std::optional<std::string> value(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name);
  bool flag(std::string_view name);
  /// Takes the one argument that is no option. `what` names it in errors.
  std::string onlyPath(std::string_view what);
  /// Checks that nothing is left.
  void finish();

 private:
  std::string command_;
  std::vector<std::string> left_;
  std::vector<std::string> known_;
};

}  // namespace teasel::fakes
