// The command `bench` of scenario programs: what a protocol costs in the deterministic reactor, fed
// in pieces of several sizes. Google Benchmark measures.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/program/detail/corpus.hpp>
#include <teasel/fakes/program/detail/scenario_args.hpp>
#include <teasel/fakes/program/scenario_main.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fakes/world/world.hpp>
#include <teasel/props/measuring.hpp>

#include "allocations.hpp"
#include "bench_rows.hpp"
#include "measured_play.hpp"

namespace teasel::bench {
namespace {

namespace fs = std::filesystem;
using fakes::Play;
using fakes::Scenario;
using fakes::World;

/// Sizes of pieces: one delivery for each send, the payload of an Ethernet frame, a short read, the
/// worst case.
constexpr std::pair<const char*, std::size_t> kPieces[] = {{"whole", 0}, {"1460", 1460}, {"64", 64}, {"1", 1}};

/// A scenario with its inputs, cut in one way.
struct Case {
  const Scenario* scenario;
  std::string name;
  std::vector<Play> plays;
  std::uint64_t bytes = 0, messages = 0;
};

fakes::WorldOptions worldOf(const Scenario& scenario) {
  fakes::WorldOptions options = scenario.options().world;
  options.trace = fakes::Trace::Mode::kOff;
  return options;
}

void play(World& world, const Case& each, const Play& what) {
  world.reset(worldOf(*each.scenario));
  world.play() = what;
  world.choices().useCalm();
  each.scenario->run(world);
}

/// Runs each input once. What breaks cannot be measured: a run ends there.
void check(const Case& each, const std::vector<fakes::InputFile>& inputs) {
  World world(worldOf(*each.scenario));
  for (std::size_t i = 0; i < each.plays.size(); ++i) {
    play(world, each, each.plays[i]);
    if (const fakes::Verdict* verdict = world.verdict())
      throw UsageError("bench: " + inputs[i].path + " breaks " + verdict->fault() + " of " + each.name + ": measure what holds");
  }
}

void measure(benchmark::State& state, const Case& each) {
  World world(worldOf(*each.scenario));
  for (const Play& what : each.plays) play(world, each, what);  // memory that is reused
  const std::uint64_t before = allocations();
  for ([[maybe_unused]] auto iteration : state)
    for (const Play& what : each.plays) play(world, each, what);
  state.counters["allocations"] = static_cast<double>(allocations() - before) / static_cast<double>(state.iterations());
}

/// Keeps what Google Benchmark would print.
class Keeper final : public benchmark::BenchmarkReporter {
 public:
  explicit Keeper(const std::vector<Case>& cases) : cases_(cases) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const Case& each = cases_[rows_.size()];
      const double nanoseconds = run.GetAdjustedCPUTime(), bytes = static_cast<double>(each.bytes);
      const double messages = static_cast<double>(each.messages);
      rows_.push_back({each.name, messages * 1e9 / nanoseconds, nanoseconds / bytes,
                       countsAllocations() ? run.counters.at("allocations") / messages : -1});
    }
  }
  std::vector<BenchRow> rows() && { return std::move(rows_); }

 private:
  const std::vector<Case>& cases_;
  std::vector<BenchRow> rows_;
};

/// The inputs in files and folders that are for this scenario.
std::vector<fakes::InputFile> inputsOf(const Scenario& scenario, const std::vector<std::string>& paths) {
  std::vector<fakes::InputFile> inputs;
  for (const std::string& path : paths) {
    if (fs::is_directory(path)) {
      for (fakes::InputFile& each : fakes::corpusOf(scenario, fakes::corpusFiles(path))) inputs.push_back(std::move(each));
    } else {
      inputs.push_back(fakes::readInput(path, std::string(scenario.name())));
    }
  }
  return inputs;
}

void addCases(std::vector<Case>& cases, const Scenario& scenario, const std::vector<std::string>& paths) {
  const std::vector<fakes::InputFile> inputs = inputsOf(scenario, paths);
  for (const auto& [name, piece] : kPieces) {
    Case made{&scenario, std::string(scenario.name()) + "/" + name, {}};
    for (const fakes::InputFile& input : inputs) {
      made.plays.push_back(inPieces(input.tape.play, piece));
      made.bytes += made.plays.back().byteCount();
      made.messages += messagesIn(made.plays.back(), scenario.options().messageSize);
    }
    if (made.bytes == 0) throw UsageError("bench: the inputs of " + std::string(scenario.name()) + " send nothing");
    check(made, inputs);
    cases.push_back(std::move(made));
  }
}

std::vector<BenchRow> measured(const std::vector<Case>& cases, double seconds) {
  for (const Case& each : cases)
    benchmark::RegisterBenchmark(each.name.c_str(), [&each](benchmark::State& state) { measure(state, each); })->MinTime(seconds);
  Keeper keeper(cases);
  benchmark::RunSpecifiedBenchmarks(&keeper);
  return std::move(keeper).rows();
}

double secondsOf(const std::optional<std::string>& text) {
  if (!text) return 0.5;
  char* end = nullptr;
  const double seconds = std::strtod(text->c_str(), &end);
  if (*end != '\0' || !(seconds > 0 && seconds <= 3600))
    throw UsageError("bench: --min-time is more than 0 and at most 3600 seconds");
  return seconds;
}

/// The options, and in `paths` what is left.
struct Options {
  std::string scenario, json, against;
  double seconds;
};
Options optionsOf(int argc, char** argv, std::vector<std::string>& paths) {
  std::vector<char*> named;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (!word.starts_with("-")) {
      paths.emplace_back(word);
      continue;
    }
    named.push_back(argv[i]);
    if (word.find('=') == std::string_view::npos && i + 1 < argc) named.push_back(argv[++i]);
  }
  fakes::Arguments arguments("bench", static_cast<int>(named.size()), named.data());
  const Options options{arguments.value("--scenario").value_or(""), arguments.value("--json").value_or(""),
                        arguments.value("--against").value_or(""), secondsOf(arguments.value("--min-time"))};
  arguments.finish();
  if (paths.empty()) throw UsageError("bench: an input is missing: captured streams, tapes, or the folder of a corpus");
  return options;
}

int bench(int argc, char** argv) {
  std::vector<std::string> paths;
  const Options options = optionsOf(argc, argv, paths);
  std::map<std::string, BenchRow> before;
  if (!options.against.empty()) before = readRows(options.against);
  const props::Measuring measuring;
  std::vector<Case> cases;
  if (!options.scenario.empty()) addCases(cases, fakes::theScenario(options.scenario), paths);
  else
    for (const Scenario* each : fakes::scenarios()) addCases(cases, *each, paths);
  const std::vector<BenchRow> rows = measured(cases, options.seconds);
  printRows(std::cout, rows, before);
  if (options.json.empty()) return 0;
  std::ofstream file(options.json, std::ios::trunc);
  writeRows(file, rows);
  if (!file.flush()) throw UsageError("bench: " + options.json + " cannot be written");
  return 0;
}

}  // namespace
}  // namespace teasel::bench

/// scenario_program.cpp looks for it.
// NOLINTNEXTLINE(readability-identifier-naming): a name for linkers
extern "C" int teasel_scenario_bench(const char*, int argc, char** argv) { return teasel::bench::bench(argc, argv); }
