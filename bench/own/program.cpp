#include <regex.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include <teasel/core/errors.hpp>

#include "../load/effort.hpp"
#include "figures.hpp"
#include "options.hpp"
#include "serve.hpp"
#include "table.hpp"

/// The program of teasel_add_benchmark. It starts servers by `--serve BENCHMARK REACTOR`.

namespace teasel::bench {
namespace {

constexpr int kMeasured = 0, kFailed = 1, kSetUp = 2, kWorse = 3;

/// All that a run needs to know.
struct Run {
  Options options;
  std::vector<Registered> benchmarks;
  std::vector<Candidate> reactors;
  std::string reference;
  Wanted wanted;

  std::vector<Measurement> measurements(const Registered& each) const {
    return measurementsOf(each, options.connections, options.rate);
  }
};

/// Where something must be named: names with commas between them.
std::string namesOf(const std::vector<Registered>& benchmarks) {
  std::string text;
  for (const Registered& each : benchmarks) text += (text.empty() ? "" : ", ") + each.name;
  return text;
}

int serve(const std::string& name, const std::string& reactor) {
  return serveForParent([&](const Listening& listening) {
    if (name == kPlainEcho) return serveBenchmark(plainEcho().benchmark, reactor, listening);
    const std::vector<Registered> all = registeredBenchmarks();
    const auto found = std::ranges::find(all, name, &Registered::name);
    if (found == all.end()) throw std::runtime_error("there is no benchmark " + name + "; there are: " + namesOf(all));
    serveBenchmark(found->benchmark, reactor, listening);
  });
}

/// The reactor that the others are compared with: the first that was named, or epoll. One that
/// cannot run here gives way to the first that can.
std::string referenceOf(const Options& options, const std::vector<Candidate>& all) {
  const auto runs = [](const Candidate& each) { return each.absent.empty(); };
  if (options.reactors.empty())
    for (const Candidate& each : all)
      if (each.name == "epoll" && runs(each)) return each.name;
  const auto first = std::ranges::find_if(all, runs);
  return first == all.end() ? std::string() : first->name;
}

/// Every row that there can be, in order.
std::vector<std::string> rowNames(const Run& run) {
  std::vector<std::string> names;
  for (const Registered& each : run.benchmarks)
    for (const Measurement& measurement : run.measurements(each))
      for (const Figure& figure : measurement.figures) {
        for (const Candidate& reactor : run.reactors) names.push_back(rowName(figure, measurement.shape, reactor.name));
        if (measurement.besideEcho) names.push_back(rowName(figure, measurement.shape, kPlainEcho));
      }
  return names;
}

Contender contenderOf(const Measurement& measurement, const std::string& name, const Registered& each,
                      const std::string& reactor) {
  const auto start = [&measurement, &each, reactor] {
    demandDescriptors(measurement.connections);
    try {
      return std::make_unique<Subject>(std::vector<std::string>{"--serve", each.name, reactor});
    } catch (const Skip& skip) {
      // That the driver runs here is known: this is a fault of the server.
      throw std::runtime_error(std::string("the server did not start: ") + skip.what());
    }
  };
  return {name, start, [&measurement, &each](Subject& subject) { return measurement.measure(subject, each.benchmark); }};
}

/// Why a reactor has no part in a benchmark, by its name: it cannot run here, or its server failed.
using Reasons = std::map<std::string, std::string>;

void measure(const Run& run, const Registered& each, const Measurement& measurement, Reasons& reasons, Report& report) {
  const auto wantedRows = [&](const std::string& backend) {
    std::vector<std::string> rows;
    for (const Figure& figure : measurement.figures)
      if (const std::string name = rowName(figure, measurement.shape, backend); run.wanted(name)) rows.push_back(name);
    return rows;
  };
  std::vector<Contender> contenders;
  for (const Candidate& reactor : run.reactors) {
    const std::vector<std::string> rows = wantedRows(reactor.name);
    const auto why = reasons.find(reactor.name);
    if (why != reasons.end())
      for (const std::string& row : rows) report.skipped.push_back({row, why->second});
    else if (!rows.empty()) contenders.push_back(contenderOf(measurement, reactor.name, each, reactor.name));
  }
  const bool onlyEcho = contenders.empty() && reasons.contains(run.reference);
  if (measurement.besideEcho && !run.reference.empty() && !onlyEcho && !wantedRows(kPlainEcho).empty())
    contenders.push_back(contenderOf(measurement, kPlainEcho, plainEcho(), run.reference));
  if (contenders.empty()) return;
  std::cerr << measurement.figures.front().name << '/' << measurement.shape << '\n';
  measureInTurns(contenders, measurement.figures.size());
  collect(measurement.shape, measurement.figures, contenders, run.wanted, report);
  for (const Contender& contender : contenders)
    if (!contender.failed.empty())
      reasons[contender.name] = "its server failed at " + rowName(measurement.figures.front(), measurement.shape, contender.name);
}

/// Refuses a file that could not be written, before anything is measured. What it holds stays.
void checkWritable(const std::string& path) {
  const bool existed = std::filesystem::exists(path);
  const bool opens = std::ofstream(path, std::ios::app).is_open();
  if (!opens) throw UsageError("--json " + path + ": it cannot be written");
  if (!existed) std::filesystem::remove(path);
}

Abouts aboutsOf(const Run& run) {
  Abouts abouts;
  for (const Registered& each : run.benchmarks) abouts[each.name] = each.about;
  return abouts;
}

void writeReport(const Run& run, const std::string& program, const Machine& machine, const Report& report) {
  std::string benchmarks;
  for (const auto& [name, about] : aboutsOf(run))
    benchmarks += (benchmarks.empty() ? "" : ", ") + quoted(name) + ": " + quoted(about);
  std::ofstream file(run.options.json);
  writeJson(file,
            {{"program", quoted(program)},
             {"benchmarks", '{' + benchmarks + '}'},
             {"machine", machine.json()},
             {"reference", quoted(run.reference)},
             {"rounds", std::to_string(effort().smoke ? 1 : effort().rounds)},
             {"versions", "{}"}},
            report, run.reference);
  if (!file.flush()) throw UsageError("--json " + run.options.json + ": it cannot be written");
}

/// POSIX's extended expressions: std::regex takes longer to compile than the rest of this library.
Wanted matching(const std::string& filter) {
  if (filter.empty()) return [](const std::string&) { return true; };
  const auto pattern = std::shared_ptr<regex_t>(new regex_t{}, [](regex_t* each) {
    regfree(each);
    delete each;
  });
  if (const int wrong = regcomp(pattern.get(), filter.c_str(), REG_EXTENDED | REG_NOSUB); wrong != 0) {
    char why[128];
    regerror(wrong, pattern.get(), why, sizeof why);
    throw UsageError("--filter '" + filter + "' is no regular expression: " + why);
  }
  return [pattern](const std::string& name) { return regexec(pattern.get(), name.c_str(), 0, nullptr, 0) == 0; };
}

Run prepare(const Options& options) {
  Run run{options, registeredBenchmarks(), candidates(options.reactors), {}, matching(options.filter)};
  if (run.benchmarks.empty()) throw UsageError("this program has no benchmark: TEASEL_BENCHMARK(name, \"about\") { ... }");
  run.reference = referenceOf(options, run.reactors);
  return run;
}

int measureAll(const Run& run, const std::string& program) {
  Report former, report;
  report.reference = run.reference;
  if (!run.options.against.empty()) try {
      former = readJson(run.options.against);
      std::erase_if(former.rows, [&](const Result& row) { return !run.wanted(row.name); });
    } catch (const std::runtime_error& error) {
      throw UsageError(std::string("--against: ") + error.what());
    }
  if (!run.options.json.empty()) checkWritable(run.options.json);
  raiseDescriptors(*std::ranges::max_element(run.options.connections) + 1024);
  const bool optimised = std::ranges::all_of(run.benchmarks, &Registered::optimised);
  const Machine machine = thisMachine(optimised);
  if (!optimised && !effort().smoke)
    std::cerr << program << ": compiled without optimisation, so its figures mean little: -DCMAKE_BUILD_TYPE=Release\n";
  stayOnOneCore();
  for (const Registered& each : run.benchmarks) {
    Reasons reasons;
    for (const Candidate& reactor : run.reactors)
      if (!reactor.absent.empty()) reasons[reactor.name] = reactor.absent;
    for (const Measurement& measurement : run.measurements(each)) measure(run, each, measurement, reasons, report);
  }
  std::cout << machine.line() << '\n'
            << (effort().smoke ? "a smoke run: its figures mean nothing"
                               : "medians of " + std::to_string(effort().rounds) + " rounds, [95 % interval], variation")
            << ", ratio to " << run.reference << '\n';
  printTable(std::cout, report, aboutsOf(run));
  // A report that is there says more than an empty one.
  if (!run.options.json.empty() && !report.rows.empty()) writeReport(run, program, machine, report);
  const int worse =
      run.options.against.empty() || report.rows.empty() ? 0 : printComparison(std::cout, report, former, run.options.against);
  if (report.rows.empty() && !run.options.json.empty())
    std::cerr << program << ": no row was measured, so " << run.options.json << " is not written\n";
  if (!report.failed.empty()) return kFailed;
  if (report.rows.empty()) std::cerr << program << ": nothing could be measured here\n";
  return report.rows.empty() ? kSetUp : worse > 0 ? kWorse : kMeasured;
}

int runProgram(const std::vector<std::string>& words, const std::string& program) {
  const Options options = readOptions(words);
  if (options.help) {
    std::cout << helpText(program);
    return kMeasured;
  }
  const Run run = prepare(options);
  const std::vector<std::string> all = rowNames(run);
  std::string matching, every;
  for (const std::string& name : all) {
    every += name + '\n';
    if (run.wanted(name)) matching += name + '\n';
  }
  if (matching.empty()) throw UsageError("no row matches '" + options.filter + "'. The rows are:\n" + every);
  if (!options.list) return measureAll(run, program);
  std::cout << matching;
  return kMeasured;
}

}  // namespace

int benchmarkMain(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string program = std::filesystem::path(argv[0]).filename();
  try {
    if (words.size() == 3 && words[0] == "--serve") return serve(words[1], words[2]);
    return runProgram(words, program);
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
    return kSetUp;
  }
}

}  // namespace teasel::bench
