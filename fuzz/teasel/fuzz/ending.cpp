#include <teasel/fuzz/ending.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>

namespace teasel::fuzz {

namespace {

/// What only libFuzzer does when a campaign ends. Each has a value other than 0.
constexpr std::string_view kLibFuzzersOwn[] = {"-features_dir=",        "-print_final_stats=",  "-print_coverage=",
                                               "-print_full_coverage=", "-print_corpus_stats=", "-close_fd_mask="};

bool asksLibFuzzer(std::string_view argument) {
  for (const std::string_view flag : kLibFuzzersOwn)
    if (argument.starts_with(flag) && argument != std::string(flag) + "0") return true;
  return argument == "-handle_abrt=0";
}

}  // namespace

std::string Ending::save(ByteView input) const {
  char name[32];
  std::snprintf(name, sizeof name, "crash-%016llx", static_cast<unsigned long long>(std::hash<std::string_view>{}(input.text())));
  const std::filesystem::path path = exactPath.empty() ? prefix + name : exactPath;
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  const bool ordinary = kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
  // Whoever looks for such files finds whole ones only. A device is written to as it is.
  std::filesystem::path part = path;
  if (ordinary) part.replace_filename("part-of-" + path.filename().string());
  std::ofstream file(part, std::ios::binary);
  file.write(input.data(), static_cast<std::streamsize>(input.size()));
  file.close();
  error.clear();
  if (ordinary && file) std::filesystem::rename(part, path, error);
  if (file && !error) return path.string();
  if (ordinary) std::filesystem::remove(part, error);
  return "";
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
    ending.byLibFuzzer = ending.byLibFuzzer || asksLibFuzzer(each);
    if (each.starts_with('-')) continue;
    std::error_code error;
    ++inputs;
    files += std::filesystem::is_regular_file(each, error) ? 1 : 0;
  }
  ending.byLibFuzzer = ending.byLibFuzzer || (inputs > 0 && inputs == files);
  return ending;
}

}  // namespace teasel::fuzz
