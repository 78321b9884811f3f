#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace teasel::fakes::watchdog {

/// The functions of an ELF file, those that are not exported included: what a stack's addresses are
/// called. Empty for a file that is stripped, or no ELF file of this machine.
class Symbols {
 public:
  static constexpr std::size_t kMaxFile = std::size_t{1} << 30;

  explicit Symbols(const std::string& file);
  /// The C++ name of the function that holds this address (relative to where the file was loaded),
  /// or "".
  std::string nameAt(std::uint64_t address) const;

 private:
  struct Function {
    std::uint64_t address, size;
    std::uint64_t name;  // into names_
  };
  std::vector<Function> functions_;  // by address
  std::string names_;
};

/// The readable form of a mangled name; other text as it is.
std::string demangled(const std::string& name);

}  // namespace teasel::fakes::watchdog
