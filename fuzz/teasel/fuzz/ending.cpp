#include <teasel/fuzz/ending.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>

namespace teasel::fuzz {

std::string Ending::save(ByteView input) const {
  char name[32];
  std::snprintf(name, sizeof name, "crash-%016llx", static_cast<unsigned long long>(std::hash<std::string_view>{}(input.text())));
  const std::string path = exactPath.empty() ? prefix + name : exactPath;
  std::ofstream file(path, std::ios::binary);
  file.write(input.data(), static_cast<std::streamsize>(input.size()));
  file.close();
  return file ? path : "";
}

Ending endingOf(const std::vector<std::string>& arguments) {
  Ending ending;
  const auto take = [](std::string_view argument, std::string_view flag, auto set) {
    if (argument.starts_with(flag)) set(std::string(argument.substr(flag.size())));
  };
  std::size_t inputs = 0, files = 0;
  for (const std::string& each : arguments) {
    take(each, "-artifact_prefix=", [&](const std::string& value) { ending.prefix = value; });
    take(each, "-exact_artifact_path=", [&](const std::string& value) { ending.exactPath = value; });
    take(each, "-error_exitcode=", [&](const std::string& value) { ending.status = std::atoi(value.c_str()); });
    if (each.starts_with('-')) continue;
    std::error_code error;
    ++inputs;
    files += std::filesystem::is_regular_file(each, error) ? 1 : 0;
  }
  ending.runsFiles = inputs > 0 && inputs == files;
  return ending;
}

}  // namespace teasel::fuzz
