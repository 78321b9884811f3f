#include "rows.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <regex>

namespace teasel::bench {
namespace {

std::vector<Row>& rows() {
  static std::vector<Row> all;
  return all;
}

/// The figures of one row, collected over its rounds.
struct Collected {
  std::vector<double> values, references, ratios;
  void add(const Sample& sample) {
    values.push_back(sample.value);
    if (sample.reference) references.push_back(*sample.reference);
    if (sample.ratio) ratios.push_back(*sample.ratio);
  }
  void report(benchmark::State& state) const {
    state.counters["value"] = median(values);
    if (!references.empty()) state.counters["reference"] = median(references);
    if (!ratios.empty()) state.counters["ratio"] = median(ratios);
  }
};

void measure(benchmark::State& state, const Row& row) {
  try {
    Round round = row.prepare();
    Collected collected;
    for ([[maybe_unused]] auto iteration : state) {
      collected.add(round());
      // The counters have the figures. Google Benchmark's own times mean nothing here.
      state.SetIterationTime(1e-9);
    }
    collected.report(state);
    state.SetLabel(row.unit);
  } catch (const Skip& skip) {
    state.SkipWithError(skip.what());
  } catch (const std::exception& error) {
    state.SkipWithError((std::string("failed: ") + error.what()).c_str());
  }
}

/// Writes one line for each row to standard error, as soon as its figures are known.
class Progress : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string& name = run.run_name.function_name;
      if (run.error_occurred) {
        std::cerr << name << ": skipped: " << run.error_message << '\n';
        failed_ = failed_ || run.error_message.rfind("failed", 0) == 0;
        continue;
      }
      std::cerr << name << ": " << counter(run, "value") << ' ' << run.report_label;
      if (run.counters.contains("reference")) std::cerr << ", reference " << counter(run, "reference");
      if (run.counters.contains("ratio")) std::cerr << ", ratio " << counter(run, "ratio");
      std::cerr << '\n';
    }
  }
  bool failed() const { return failed_; }

 private:
  static double counter(const Run& run, const char* name) { return run.counters.at(name).value; }
  bool failed_ = false;
};

int usage(const std::string& complaint) {
  std::cerr << "teasel_bench: " << complaint
            << "\nusage: [--filter REGEX] [--rounds N] [--json FILE] [--uring-features LIST] [--smoke] [--count N] [--list]\n";
  return 2;
}

struct Options {
  std::string filter = ".*", json;
  bool list = false;
};

/// Reads the command line into `options`. Returns an empty string, or what is wrong.
std::string parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--smoke") effort().smoke = true;
    else if (name == "--list") options.list = true;
    else if (name != "--filter" && name != "--rounds" && name != "--json" && name != "--count" && name != "--uring-features")
      return "unknown option '" + name + "'";
    else if (i + 1 == argc) return name + " needs a value";
    else if (name == "--filter") options.filter = argv[++i];
    else if (name == "--json") options.json = argv[++i];
    else if (name == "--uring-features") effort().uringFeatures = argv[++i];
    else if (name == "--count") {
      if (effort().count = std::atol(argv[++i]); effort().count < 1) return "--count needs a number from 1 on";
    } else if (effort().rounds = std::atoi(argv[++i]); effort().rounds < 1) return "--rounds needs a number from 1 on";
  }
  return {};
}

}  // namespace

void addRow(Row row) { rows().push_back(std::move(row)); }

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

int benchMain(int argc, char** argv) {
  Options options;
  if (const std::string complaint = parse(argc, argv, options); !complaint.empty()) return usage(complaint);
  std::regex wanted;
  try {
    wanted = std::regex(options.filter);
  } catch (const std::regex_error& error) {
    return usage("--filter '" + options.filter + "' is no regular expression: " + error.what());
  }
  std::size_t chosen = 0;
  for (const Row& row : rows()) {
    if (!std::regex_search(row.name, wanted)) continue;
    ++chosen;
    if (options.list) std::cout << row.name << '\n';
    else
      benchmark::RegisterBenchmark(row.name.c_str(), [&row](benchmark::State& state) { measure(state, row); })
          ->Iterations(effort().smoke ? 1 : effort().rounds)
          ->UseManualTime();
  }
  if (options.list || chosen == 0) return 0;

  std::vector<std::string> arguments = {argv[0]};
  if (!options.json.empty())
    arguments.insert(arguments.end(), {"--benchmark_out=" + options.json, "--benchmark_out_format=json"});
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  Progress progress;
  benchmark::RunSpecifiedBenchmarks(&progress);
  return progress.failed() ? 1 : 0;
}

}  // namespace teasel::bench
