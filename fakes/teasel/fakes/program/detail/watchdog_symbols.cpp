#include <teasel/fakes/program/detail/watchdog_symbols.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <cxxabi.h>
#include <elf.h>

namespace teasel::fakes::watchdog {
namespace {

/// Reads structures of a file. What lies out of bounds reads as zeros.
class File {
 public:
  explicit File(const std::string& path) : in_(path, std::ios::binary) {}
  template <class T>
  T at(std::uint64_t offset) {
    T out{};
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    if (!in_.read(reinterpret_cast<char*>(&out), sizeof out)) return T{};
    return out;
  }
  std::string bytes(std::uint64_t offset, std::uint64_t size) {
    std::string out(size < Symbols::kMaxFile ? size : 0, '\0');
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(offset));
    if (!in_.read(out.data(), static_cast<std::streamsize>(out.size()))) out.clear();
    return out;
  }

 private:
  std::ifstream in_;
};

}  // namespace

Symbols::Symbols(const std::string& file) {
  File elf(file);
  const auto header = elf.at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) return;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    const auto section = elf.at<Elf64_Shdr>(header.e_shoff + std::uint64_t{i} * sizeof(Elf64_Shdr));
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= header.e_shnum) continue;
    const auto strings = elf.at<Elf64_Shdr>(header.e_shoff + std::uint64_t{section.sh_link} * sizeof(Elf64_Shdr));
    names_ = elf.bytes(strings.sh_offset, strings.sh_size);
    const std::string table = elf.bytes(section.sh_offset, section.sh_size);
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, table.data() + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_name >= names_.size()) continue;
      functions_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
    break;
  }
  std::sort(functions_.begin(), functions_.end(), [](const Function& a, const Function& b) { return a.address < b.address; });
}

std::string Symbols::nameAt(std::uint64_t address) const {
  auto after = std::upper_bound(functions_.begin(), functions_.end(), address,
                                [](std::uint64_t wanted, const Function& function) { return wanted < function.address; });
  if (after == functions_.begin()) return {};
  const Function& function = *--after;
  if (address - function.address >= std::max<std::uint64_t>(function.size, 1)) return {};
  return demangled(names_.c_str() + function.name);
}

std::string demangled(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  const std::string out = status == 0 ? std::string(text) : name;
  std::free(text);
  return out;
}

}  // namespace teasel::fakes::watchdog
