#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>

#include "../load/effort.hpp"

namespace teasel::bench {
namespace {

constexpr int kMostConnections = 100'000, kMostRounds = 10'000, kMostRate = 10'000'000, kMostSeconds = 3600;
/// A rank of the interval, and of the rank sum test, needs them.
constexpr int kRounds = 11;
constexpr int kPatience = 10;  // s

int numberOf(const std::string& option, std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
    throw UsageError(option + ": '" + std::string(text) + "' is no number from 1 to " + std::to_string(most));
  return value;
}

std::vector<std::string> parts(const std::string& text) {
  std::vector<std::string> all(1);
  for (const char c : text)
    if (c == ',') all.emplace_back();
    else all.back() += c;
  return all;
}

std::string knownReactors() {
  std::string text;
  for (const std::string_view name : driverNames()) text += (text.empty() ? "" : ", ") + std::string(name);
  return text + "; io_uring takes a list of features, too: io_uring:none";
}

/// The names in a list. The list behind `io_uring:` has commas, too: what is no driver belongs to
/// it.
void addReactors(std::vector<std::string>& names, const std::string& text) {
  const auto known = driverNames();
  for (const std::string& part : parts(text)) {
    const std::string name = part.substr(0, part.find(':'));
    if (std::ranges::find(known, name) != known.end()) names.push_back(part);
    else if (!names.empty() && names.back().find(':') != std::string::npos) names.back() += ',' + part;
    else throw UsageError("--reactor: there is no reactor '" + part + "'; there are: " + knownReactors());
  }
}

void setOption(Options& options, const std::string& name, const std::string& value) {
  if (value.empty() && (name == "--json" || name == "--against")) throw UsageError(name + " needs a value");
  if (name == "--reactor") addReactors(options.reactors, value);
  else if (name == "--rounds") effort().rounds = numberOf(name, value, kMostRounds);
  else if (name == "--rate") options.rate = numberOf(name, value, kMostRate);
  else if (name == "--timeout") effort().patience = numberOf(name, value, kMostSeconds) * 1000;
  else if (name == "--json") options.json = value;
  else if (name == "--against") options.against = value;
  else if (name == "--filter") options.filter = value;
  else if (name == "--connections") {
    options.connections.clear();
    for (const std::string& part : parts(value))
      if (const int many = numberOf(name, part, kMostConnections);
          std::ranges::find(options.connections, many) == options.connections.end())
        options.connections.push_back(many);
  } else {
    throw UsageError("unknown option '" + name + "'; --help names the options");
  }
}

}  // namespace

Options readOptions(const std::vector<std::string>& words) {
  constexpr std::string_view kWithValue[] = {"--reactor", "--connections", "--rounds",  "--rate",
                                             "--timeout", "--filter",      "--against", "--json"};
  Options options;
  effort().rounds = kRounds;
  effort().patience = kPatience * 1000;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    if (words[i] == "--smoke") effort().smoke = true;
    else if (words[i] == "--list") options.list = true;
    else if (words[i] == "--help" || words[i] == "-h") options.help = true;
    else if (std::ranges::find(kWithValue, name) == std::end(kWithValue)) setOption(options, words[i], "");
    else if (equals != std::string::npos) setOption(options, name, words[i].substr(equals + 1));
    else if (i + 1 == words.size()) throw UsageError(name + " needs a value");
    else setOption(options, name, words[++i]);
  }
  return options;
}

std::string helpText(const std::string& program) {
  return "usage: " + program + R"( [OPTION]...

Measures the servers of this program on Teasel's drivers, in turns, each in a process of its own, under one load generator on
loopback that compares every byte. A row is FIGURE/BENCHMARK/CONNECTIONS/REACTOR; latencies have @RATE behind the connections.

  --reactor NAME,...      drivers; the others are compared with the first (all, with epoll). io_uring:LIST chooses features
  --connections N,...     numbers of connections (1,64,1000)
  --rounds N              rounds (11)
  --rate N                exchanges per second in all while latencies are measured (what the benchmark says, else 5000)
  --filter REGEX          only rows whose name matches (searched for anywhere in the name)
  --json FILE             also writes the report, with every sample
  --against FILE          also compares with a report that --json wrote: a verdict for each row
  --timeout SECONDS       how long a server may say nothing where bytes are expected (10)
  --smoke                 one short round with few connections, which only shows that all works
  --list                  only names the rows

Exit status: 0 measured (rows that this machine cannot measure are named as skipped), 1 a row failed (a server lost or changed
a byte, died, or did not answer), 2 a set-up error, or nothing could be measured, 3 with --against: a row is worse.
)";
}

std::vector<Candidate> candidates(const std::vector<std::string>& names) {
  std::vector<Candidate> all;
  std::vector<std::string> wanted = names;
  if (wanted.empty())
    for (const std::string_view name : driverNames()) wanted.emplace_back(name);
  for (const std::string& name : wanted) {
    if (std::ranges::find(all, name, &Candidate::name) != all.end()) continue;
    Candidate each{name, {}};
    try {
      makeDriver(name);
    } catch (const UsageError& error) {
      throw UsageError(std::string("--reactor: ") + error.what());
    } catch (const std::exception& error) {
      each.absent = error.what();
    }
    all.push_back(each);
  }
  return all;
}

}  // namespace teasel::bench
