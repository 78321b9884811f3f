#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <regex>

#include "harness/rows.hpp"
#include "load/groups.hpp"

/// The comparison of backends: measures all of them in turns under one load generator, and writes
/// each row's samples as JSON. bench/peers.py makes the report. It starts servers by `--serve`.

namespace teasel::bench {
namespace {

struct Options {
  std::regex wanted{".*"};
  std::string json;
  bool list = false;
};

struct Result {
  std::string name, figure, shape, backend, unit;
  bool lessIsBetter;
  std::vector<double> samples;
};

struct Refusal {
  std::string name, why;
};

struct Report {
  std::vector<Result> rows;
  std::vector<Refusal> skipped, failed;
};

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + '"';
}

/// One backend in one group.
struct Runner {
  const Backend* backend;
  std::unique_ptr<Subject> subject{};
  std::vector<std::vector<double>> samples{};  // of each figure
  std::string skipped{}, failed{};
};

/// Why a backend cannot have so many connections here, or nothing.
std::string tooMany(const Backend& backend, int connections) {
  if (backend.mostConnections > 0 && connections > backend.mostConnections)
    return "it cannot watch more than " + std::to_string(backend.mostConnections) + " connections (FD_SETSIZE)";
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = static_cast<rlim_t>(connections) + 32;
  if (limit.rlim_cur >= needed) return {};
  return std::to_string(connections) + " connections need " + std::to_string(needed) +
         " descriptors, and this process may have " + std::to_string(limit.rlim_cur) + " (ulimit -Hn)";
}

/// Calls `work`. An exception becomes the reason why the backend has no further part in its group.
template <class Work>
void guarded(Runner& runner, Work&& work) {
  if (!runner.skipped.empty() || !runner.failed.empty()) return;
  try {
    work();
  } catch (const Skip& skip) {
    runner.skipped = skip.what();
  } catch (const std::exception& error) {
    runner.failed = error.what();
  }
}

/// All backends take turns; another one begins in each round.
void measure(const Group& group, std::vector<Runner>& runners) {
  for (Runner& runner : runners)
    guarded(runner, [&] {
      runner.skipped = tooMany(*runner.backend, group.connections);
      if (!runner.skipped.empty()) return;
      runner.subject = std::make_unique<Subject>(*runner.backend, group.kind);
      runner.samples.resize(group.figures.size());
      if (!effort().smoke) group.measure(*runner.subject);  // warms up
    });
  const auto rounds = static_cast<std::size_t>(effort().smoke ? 1 : effort().rounds);
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t turn = 0; turn < runners.size(); ++turn) {
      Runner& runner = runners[(round + turn) % runners.size()];
      guarded(runner, [&] {
        const std::vector<double> values = group.measure(*runner.subject);
        for (std::size_t i = 0; i < values.size(); ++i) runner.samples[i].push_back(values[i]);
      });
    }
}

void collect(const Group& group, const std::vector<Runner>& runners, const std::regex& wanted, Report& report) {
  for (std::size_t i = 0; i < group.figures.size(); ++i)
    for (const Runner& runner : runners) {
      const Figure& figure = group.figures[i];
      const std::string name = group.rowName(figure, runner.backend->name);
      if (!std::regex_search(name, wanted)) continue;
      if (!runner.failed.empty()) report.failed.push_back({name, runner.failed});
      else if (!runner.skipped.empty()) report.skipped.push_back({name, runner.skipped});
      else
        report.rows.push_back(
            {name, figure.name, group.shape, runner.backend->name, figure.unit, figure.lessIsBetter, runner.samples[i]});
    }
}

bool isWanted(const Group& group, const std::string& backend, const std::regex& wanted) {
  return std::ranges::any_of(group.figures,
                             [&](const Figure& figure) { return std::regex_search(group.rowName(figure, backend), wanted); });
}

void runGroup(const Group& group, const Options& options, Report& report) {
  std::vector<Runner> runners;
  for (const Backend& backend : backends())
    if (isWanted(group, backend.name, options.wanted)) runners.push_back({&backend});
  for (const std::string& absent : absentBackends())
    for (const Figure& figure : group.figures)
      if (const std::string name = group.rowName(figure, absent); std::regex_search(name, options.wanted))
        report.skipped.push_back({name, "its library was not there when this was built (ci/install --with peers)"});
  if (runners.empty()) return;
  std::cerr << group.figures.front().name << '/' << group.shape << ": " << runners.size() << " backends\n";
  measure(group, runners);
  collect(group, runners, options.wanted, report);
  for (const Runner& runner : runners)
    if (!runner.failed.empty()) std::cerr << "  " << runner.backend->name << ": failed: " << runner.failed << '\n';
    else if (!runner.skipped.empty()) std::cerr << "  " << runner.backend->name << ": skipped: " << runner.skipped << '\n';
}

void writeRefusals(std::ostream& out, const char* name, const std::vector<Refusal>& all) {
  out << ",\n" << quoted(name) << ": [";
  for (std::size_t i = 0; i < all.size(); ++i)
    out << (i == 0 ? "\n" : ",\n") << "{\"name\": " << quoted(all[i].name) << ", \"why\": " << quoted(all[i].why) << '}';
  out << ']';
}

void writeJson(std::ostream& out, const Report& report) {
  out << std::setprecision(9) << "{\"versions\": {";
  for (std::size_t i = 0; i < backends().size(); ++i)
    out << (i == 0 ? "" : ", ") << quoted(backends()[i].name) << ": " << quoted(backends()[i].version);
  out << "},\n\"rows\": [";
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const Result& row = report.rows[i];
    out << (i == 0 ? "\n" : ",\n") << "{\"name\": " << quoted(row.name) << ", \"figure\": " << quoted(row.figure)
        << ", \"shape\": " << quoted(row.shape) << ", \"backend\": " << quoted(row.backend) << ", \"unit\": " << quoted(row.unit)
        << ", \"less_is_better\": " << (row.lessIsBetter ? "true" : "false") << ", \"samples\": [";
    for (std::size_t j = 0; j < row.samples.size(); ++j) out << (j == 0 ? "" : ", ") << row.samples[j];
    out << "]}";
  }
  out << ']';
  writeRefusals(out, "skipped", report.skipped);
  writeRefusals(out, "failed", report.failed);
  out << "}\n";
}

int usage(const std::string& complaint) {
  std::cerr << "teasel_peers: " << complaint
            << "\nusage: [--filter REGEX] [--rounds N] [--json FILE] [--smoke] [--liar] [--list]\n";
  return 2;
}

/// Reads the command line into `options`. Returns an empty string, or what is wrong.
std::string parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--smoke") effort().smoke = true;
    else if (name == "--liar") addLiar();
    else if (name == "--list") options.list = true;
    else if (name != "--filter" && name != "--rounds" && name != "--json") return "unknown option '" + name + "'";
    else if (i + 1 == argc) return name + " needs a value";
    else if (name == "--json") options.json = argv[++i];
    else if (name == "--rounds") {
      if (effort().rounds = std::atoi(argv[++i]); effort().rounds < 1) return "--rounds needs a number from 1 on";
    } else {
      try {
        options.wanted = std::regex(argv[++i]);
      } catch (const std::regex_error& error) {
        return std::string("--filter '") + argv[i] + "' is no regular expression: " + error.what();
      }
    }
  }
  return {};
}

/// As many descriptors as the system lets this process have; a privileged one may raise the limit.
void raiseDescriptors() {
  constexpr rlim_t kEnough = 8000 + 1024;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit raised{std::max(limit.rlim_max, kEnough), std::max(limit.rlim_max, kEnough)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void list(const std::regex& wanted) {
  std::vector<std::string> names = absentBackends();
  for (const Backend& backend : backends()) names.push_back(backend.name);
  for (const Group& group : groups())
    for (const Figure& figure : group.figures)
      for (const std::string& name : names)
        if (std::regex_search(group.rowName(figure, name), wanted)) std::cout << group.rowName(figure, name) << '\n';
}

int peersMain(int argc, char** argv) {
  if (argc == 4 && argv[1] == std::string("--serve")) {
    if (argv[2] == std::string("liar")) addLiar();
    return serveAs(argv[2], argv[3]);
  }
  Options options;
  if (const std::string complaint = parse(argc, argv, options); !complaint.empty()) return usage(complaint);
  if (options.list) {
    list(options.wanted);
    return 0;
  }
  raiseDescriptors();
  stayOnOneCore();
  Report report;
  for (const Group& group : groups()) runGroup(group, options, report);
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    writeJson(file, report);
    if (!file.flush()) return usage("cannot write " + options.json);
  }
  return report.failed.empty() ? 0 : 1;
}

}  // namespace
}  // namespace teasel::bench

int main(int argc, char** argv) { return teasel::bench::peersMain(argc, argv); }
