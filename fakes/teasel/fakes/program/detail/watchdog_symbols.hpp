#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace teasel::fakes::watchdog {

/// The functions of an ELF file, also those that are not exported, to name the addresses of a
/// stack. Empty for a file that is stripped or is no 64-bit ELF file.
class Symbols {
 public:
  static constexpr std::size_t kMaxFile = std::size_t{1} << 30;

  explicit Symbols(const std::string& file);
  /// The C++ name of the function that holds this address, which is relative to where the file was
  /// loaded; or "".
  std::string nameAt(std::uint64_t address) const;

 private:
  struct Function {
    std::uint64_t address, size;
    std::uint64_t name;  // into names_
  };
  std::vector<Function> functions_;  // by address
  std::string names_;
};

/// The readable form of a mangled name. Other text stays as it is.
std::string demangled(const std::string& name);

}  // namespace teasel::fakes::watchdog
