#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>

#include "load/effort.hpp"
#include "load/groups.hpp"
#include "load/report.hpp"
#include "servers/backends.hpp"

/// The comparison of backends: measures all of them in turns under one load generator, and writes
/// each row's samples as JSON. bench/peers.py makes the report. It starts servers by `--serve`.

namespace teasel::bench {
namespace {

struct Options {
  std::regex wanted{".*"};
  std::string json;
  bool list = false;
};

/// One backend in one group.
Contender contenderOf(const Group& group, const Backend& backend) {
  const std::vector<std::string> arguments = {"--serve", backend.name, std::to_string(static_cast<int>(group.kind))};
  const auto start = [&group, &backend, arguments] {
    if (backend.mostConnections > 0 && group.connections > backend.mostConnections)
      throw Skip("it cannot watch more than " + std::to_string(backend.mostConnections) + " connections (FD_SETSIZE)");
    demandDescriptors(group.connections);
    return std::make_unique<Subject>(arguments);
  };
  return {backend.name, start, group.measure};
}

bool isWanted(const Group& group, const std::string& backend, const std::regex& wanted) {
  return std::ranges::any_of(
      group.figures, [&](const Figure& figure) { return std::regex_search(rowName(figure, group.shape, backend), wanted); });
}

void runGroup(const Group& group, const Options& options, Report& report) {
  std::vector<Contender> runners;
  for (const Backend& backend : backends())
    if (isWanted(group, backend.name, options.wanted)) runners.push_back(contenderOf(group, backend));
  for (const std::string& absent : absentBackends())
    for (const Figure& figure : group.figures)
      if (const std::string name = rowName(figure, group.shape, absent); std::regex_search(name, options.wanted))
        report.skipped.push_back({name, "its library was not there when this was built (ci/install --with peers)"});
  if (runners.empty()) return;
  std::cerr << group.figures.front().name << '/' << group.shape << ": " << runners.size() << " backends\n";
  measureInTurns(runners, group.figures.size());
  const auto wanted = [&](const std::string& name) { return std::regex_search(name, options.wanted); };
  collect(group.shape, group.figures, runners, wanted, report);
}

/// What stands before the rows: the versions of the libraries.
std::string versions() {
  std::string text;
  for (const Backend& backend : backends())
    text += (text.empty() ? "{" : ", ") + quoted(backend.name) + ": " + quoted(backend.version);
  return text + '}';
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

/// What a program does that was started as a server: `--serve BACKEND KIND`.
int serveAs(const std::string& backend, const std::string& kind) {
  return serveForParent([&](const Listening& listening) {
    const Backend* found = backendNamed(backend);
    if (found == nullptr) throw std::runtime_error("there is no backend " + backend);
    found->serve(static_cast<Kind>(std::atoi(kind.c_str())), listening);
  });
}

void list(const std::regex& wanted) {
  std::vector<std::string> names = absentBackends();
  for (const Backend& backend : backends()) names.push_back(backend.name);
  for (const Group& group : groups())
    for (const Figure& figure : group.figures)
      for (const std::string& name : names)
        if (std::regex_search(rowName(figure, group.shape, name), wanted))
          std::cout << rowName(figure, group.shape, name) << '\n';
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
  raiseDescriptors(8000 + 1024);
  stayOnOneCore();
  Report report;
  for (const Group& group : groups()) runGroup(group, options, report);
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    writeJson(file, {{"versions", versions()}}, report);
    if (!file.flush()) return usage("cannot write " + options.json);
  }
  return report.failed.empty() ? 0 : 1;
}

}  // namespace
}  // namespace teasel::bench

int main(int argc, char** argv) { return teasel::bench::peersMain(argc, argv); }
