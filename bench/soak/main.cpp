#include <charconv>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>

#include "soak.hpp"

namespace {

using namespace teasel;
using namespace teasel::soak;

constexpr std::string_view kUsage =
    "usage: teasel_soak --reactor NAME (--seconds N | --connections N) [--seed N] [--only N] [--at-once N] [--every SECONDS] "
    "[--fault NAME]\n"
    "       teasel_soak --list    the reactors that there are; behind a name, why it cannot run here\n"
    "ci/soak builds and runs it. Exit status: 0 clean, 1 a finding, 2 could not be done.\n";

/// What is wrong with the command line.
class BadUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::uint64_t numberFrom(std::string_view option, std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    throw BadUsage(std::string(option) + " " + std::string(text) + ": a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most));
  return number;
}

std::string driversText() {
  std::string text;
  for (const std::string_view name : driverNames()) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

Fault faultFrom(std::string_view text) {
  std::string known;
  for (const FaultName& each : kFaultNames) {
    if (each.name == text) return each.fault;
    known += (known.empty() ? "" : ", ") + std::string(each.name);
  }
  throw BadUsage("--fault " + std::string(text) + ": there are " + known);
}

Options optionsFrom(const std::vector<std::string_view>& words) {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  Options options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view option = words[i];
    if (i + 1 == words.size()) throw BadUsage(std::string(option) + ": it needs a value, or is no option");
    const std::string_view value = words[i + 1];
    if (option == "--reactor") options.driver = value;
    else if (option == "--seconds") options.time = std::chrono::seconds(numberFrom(option, value, 1, 1'000'000));
    else if (option == "--connections") options.connections = numberFrom(option, value, 2, kMost);
    else if (option == "--seed") options.seed = numberFrom(option, value, 0, kMost);
    else if (option == "--only") options.only = numberFrom(option, value, 0, kMost);
    else if (option == "--at-once") options.atOnce = numberFrom(option, value, 1, 10'000);
    else if (option == "--every") options.every = std::chrono::seconds(numberFrom(option, value, 1, 1'000'000));
    else if (option == "--fault") options.fault = faultFrom(value);
    else throw BadUsage(std::string(option) + ": no such option");
  }
  if (options.driver.empty()) throw BadUsage("--reactor is missing; there are " + driversText());
  if (!options.connections && options.time == Duration::zero()) throw BadUsage("--seconds or --connections is missing");
  return options;
}

int list() {
  for (const std::string_view name : driverNames()) {
    std::string why;
    std::cout << name << (driverAvailable(name, why) ? "" : "\t" + why) << '\n';
  }
  return 0;
}

/// What the run has not said yet: it says each finding as it comes.
void tell(const Options& options, const Result& result) {
  if (result.findingsInAll > result.findings.size())
    std::cout << "soak: " << options.driver << ": " << result.findingsInAll << " findings in all\n";
  if (result.findingsInAll > 0)
    std::cout << "soak: " << options.driver << ": to repeat all of it: ci/soak --reactor " << options.driver << " --seed "
              << options.seed << " --connections " << result.connections << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  try {
    if (words.size() == 1 && (words[0] == "--help" || words[0] == "-h")) return std::cout << kUsage, 0;
    if (words.size() == 1 && words[0] == "--list") return list();
    const Options options = optionsFrom(words);
    std::cout << "soak: " << options.driver << ": seed " << options.seed << '\n' << std::flush;
    const Result result = run(options, std::cout);
    tell(options, result);
    std::cout << summary(options, result) << (result.findingsInAll == 0 ? ": clean" : ": NOT CLEAN") << '\n' << std::flush;
    return result.findingsInAll == 0 ? 0 : 1;
  } catch (const BadUsage& error) {
    std::cerr << "teasel_soak: " << error.what() << '\n';
  } catch (const DriverUnavailable& error) {
    std::cerr << "teasel_soak: cannot run here: " << error.what() << '\n';
  } catch (const UsageError&) {
    std::cerr << "teasel_soak: unknown reactor; there are " << driversText() << '\n';
  } catch (const std::exception& error) {
    std::cerr << "teasel_soak: " << error.what() << '\n';
  }
  return 2;
}
