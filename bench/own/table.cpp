#include "table.hpp"

#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ostream>

#include <teasel/core/errors.hpp>

#include "serve.hpp"

namespace teasel::bench {
namespace {

template <class... Args>
std::string formatted(const char* format, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

/// A figure with three digits that mean something, and no exponent.
std::string number(double value) {
  if (value == 0 || !std::isfinite(value)) return formatted("%g", value);
  const int digits = std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, 4);
  return formatted("%.*f", digits, value);
}

std::string interval(const Samples& samples) {
  const auto found = intervalOf(samples);
  return found ? '[' + number(found->first) + " .. " + number(found->second) + ']' : "[-]";
}

std::string andMore(std::size_t count) { return count > 0 ? " and " + std::to_string(count) + " more" : ""; }

std::string groupOf(const Result& row) { return row.figure + '/' + row.shape; }

std::size_t widestBackend(const Report& report) {
  std::size_t widest = 0;
  for (const Result& row : report.rows) widest = std::max(widest, row.backend.size());
  return widest;
}

std::string cpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (const std::size_t colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown CPU";
}

/// The row of another backend that was measured in turns with a row, or null.
const Result* rowBeside(const Report& report, const Result& row, const std::string& backend) {
  return report.find(groupOf(row) + '/' + backend);
}

/// What is compared of a row of both reports: its samples, or what they are in plain echoes. These
/// must be echoes of one reactor.
std::pair<Samples, Samples> comparable(const Report& ours, const Result& here, const Report& theirs, const Result& there) {
  const Result *ourEcho = rowBeside(ours, here, kPlainEcho), *theirEcho = rowBeside(theirs, there, kPlainEcho);
  if (ourEcho != nullptr && theirEcho != nullptr && ours.reference == theirs.reference) {
    Samples our = ratiosOf(here.samples, ourEcho->samples), their = ratiosOf(there.samples, theirEcho->samples);
    if (!our.empty() && !their.empty()) return {std::move(our), std::move(their)};
  }
  return {here.samples, there.samples};
}

}  // namespace

Machine thisMachine(bool optimised) {
  Machine machine{cpuName(), {}, {}, optimised ? "optimised" : "NOT OPTIMISED", 0, 0};
#ifdef __clang__
  machine.compiler = "clang++ " __clang_version__;
#else
  machine.compiler = "g++ " __VERSION__;
#endif
  utsname name{};
  if (uname(&name) == 0) machine.kernel = name.release;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) machine.cores = CPU_COUNT(&allowed);
  if (getloadavg(&machine.load, 1) != 1) machine.load = 0;
  return machine;
}

std::string Machine::line() const {
  return cpu + ", " + std::to_string(cores) + " cores, Linux " + kernel + ", " + compiler + ", " + flags +
         formatted(", load %.2f at the start", load);
}

std::string Machine::json() const {
  return "{\"cpu\": " + quoted(cpu) + ", \"cores\": " + std::to_string(cores) + ", \"kernel\": " + quoted(kernel) +
         ", \"compiler\": " + quoted(compiler) + ", \"flags\": " + quoted(flags) + formatted(", \"load_at_start\": %.2f}", load);
}

void printTable(std::ostream& out, const Report& report, const Abouts& abouts) {
  const std::string& reference = report.reference;
  const int width = static_cast<int>(widestBackend(report));
  std::string group, benchmark;
  for (const Result& row : report.rows) {
    if (const std::string name = row.shape.substr(0, row.shape.find('/')); name != benchmark) {
      benchmark = name;
      if (const auto about = abouts.find(name); about != abouts.end()) out << '\n' << name << ": " << about->second << '\n';
    }
    if (groupOf(row) != group) out << '\n' << groupOf(row) << ": " << row.unit << '\n';
    group = groupOf(row);
    const Result* beside = row.backend == reference ? nullptr : rowBeside(report, row, reference);
    const Samples ratios = beside == nullptr ? Samples() : ratiosOf(row.samples, beside->samples);
    const std::string ratio = ratios.empty() ? "-" : formatted("%.3f x %s", medianOf(ratios), reference.c_str());
    out << formatted("  %-*s %9s  ", width, row.backend.c_str(), number(medianOf(row.samples)).c_str()) << interval(row.samples)
        << formatted("  cv %.1f%%  ", 100 * variationOf(row.samples)) << ratio << '\n';
  }
  for (const auto& [title, refusals] :
       {std::pair("notes", &report.notes), std::pair("skipped", &report.skipped), std::pair("failed", &report.failed)}) {
    if (!refusals->empty()) out << '\n' << title << ":\n";
    // Of rows with the same reason, the first.
    for (auto each = refusals->begin(); each != refusals->end(); ++each) {
      const auto same = [&](const Refusal& other) { return other.why == each->why; };
      if (std::any_of(refusals->begin(), each, same)) continue;
      const auto more = std::count_if(each + 1, refusals->end(), same);
      out << "  " << each->name << andMore(static_cast<std::size_t>(more)) << ": " << each->why << '\n';
    }
  }
}

int printComparison(std::ostream& out, const Report& ours, const Report& theirs, const std::string& path) {
  int worse = 0, compared = 0;
  std::vector<std::string> onlyHere, onlyThere;
  out << "\nagainst " << path << ":\n";
  if (ours.reference != theirs.reference)
    out << "  not in plain echoes: they are of " << ours.reference << " here and of "
        << (theirs.reference.empty() ? "an unknown reactor" : theirs.reference) << " there\n";
  for (const Result& row : ours.rows) {
    const Result* former = theirs.find(row.name);
    if (former == nullptr) onlyHere.push_back(row.name);
    if (former == nullptr || row.backend == kPlainEcho) continue;
    const auto [here, there] = comparable(ours, row, theirs, *former);
    const Change change = changeOf(here, there, row.lessIsBetter);
    const char* what = here == row.samples ? "" : "  in plain echoes";
    out << "  " << row.name << ": " << number(medianOf(there)) << " -> " << number(medianOf(here)) << what
        << formatted("  %+.1f%%  p %.3f  ", 100 * (change.factor - 1), rankSum(here, there)) << change.verdict << '\n';
    ++compared;
    if (change.verdict == "worse") ++worse;
  }
  for (const Result& row : theirs.rows)
    if (ours.find(row.name) == nullptr) onlyThere.push_back(row.name);
  if (compared == 0) throw UsageError("--against " + path + ": it has none of the rows that were measured");
  for (const auto& [where, names] : {std::pair("here", &onlyHere), std::pair("there", &onlyThere)})
    if (!names->empty()) out << "  only " << where << ": " << names->front() << andMore(names->size() - 1) << '\n';
  return worse;
}

}  // namespace teasel::bench
