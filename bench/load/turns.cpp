#include "turns.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <iostream>

#include "effort.hpp"

namespace teasel::bench {
namespace {

constexpr int kOtherDescriptors = 32;

/// Calls `work`. An exception becomes the reason why the contender has no further part.
template <class Work>
void guarded(Contender& contender, Work&& work) {
  if (!contender.skipped.empty() || !contender.failed.empty()) return;
  try {
    work();
  } catch (const Skip& skip) {
    contender.skipped = skip.what();
  } catch (const std::exception& error) {
    contender.failed = error.what();
    // What its end did to a connection says less.
    const std::string end = contender.subject ? contender.subject->process().ended() : "";
    if (!end.empty()) contender.failed = end;
  }
}

}  // namespace

void measureInTurns(std::vector<Contender>& contenders, std::size_t figures) {
  for (Contender& contender : contenders)
    guarded(contender, [&] {
      contender.subject = contender.start();
      contender.samples.resize(figures);
      if (!effort().smoke) contender.measure(*contender.subject);  // warms up
    });
  const auto rounds = static_cast<std::size_t>(effort().smoke ? 1 : effort().rounds);
  for (std::size_t round = 0; round < rounds; ++round)
    for (std::size_t turn = 0; turn < contenders.size(); ++turn) {
      Contender& contender = contenders[(round + turn) % contenders.size()];
      guarded(contender, [&] {
        const std::vector<double> values = contender.measure(*contender.subject);
        for (std::size_t i = 0; i < values.size(); ++i) contender.samples[i].push_back(values[i]);
      });
    }
  // Nobody has used a server since its last client left.
  for (Contender& contender : contenders)
    guarded(contender, [&] {
      contender.subject->settle();
      contender.failed = contender.subject->process().ended(1);
    });
}

std::string rowName(const Figure& figure, const std::string& shape, const std::string& backend) {
  return figure.name + '/' + shape + '/' + backend;
}

void collect(const std::string& shape, const std::vector<Figure>& figures, const std::vector<Contender>& contenders,
             const Wanted& wanted, Report& report) {
  for (std::size_t i = 0; i < figures.size(); ++i)
    for (const Contender& each : contenders) {
      const Figure& figure = figures[i];
      const std::string name = rowName(figure, shape, each.name);
      if (!wanted(name)) continue;
      if (!each.failed.empty()) report.failed.push_back({name, each.failed});
      else if (!each.skipped.empty()) report.skipped.push_back({name, each.skipped});
      else report.rows.push_back({name, figure.name, shape, each.name, figure.unit, figure.lessIsBetter, each.samples[i]});
      if (each.failed.empty() && each.subject && !each.subject->note.empty()) report.notes.push_back({name, each.subject->note});
    }
  for (const Contender& each : contenders)
    if (!each.failed.empty()) std::cerr << "  " << each.name << ": failed: " << each.failed << '\n';
    else if (!each.skipped.empty()) std::cerr << "  " << each.name << ": skipped: " << each.skipped << '\n';
}

void demandDescriptors(int connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto needed = static_cast<rlim_t>(connections) + kOtherDescriptors;
  if (limit.rlim_cur >= needed) return;
  throw Skip(std::to_string(connections) + " connections need " + std::to_string(needed) +
             " descriptors, and this process may have " + std::to_string(limit.rlim_cur) + " (ulimit -Hn)");
}

void raiseDescriptors(int enough) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t most = std::max(limit.rlim_max, static_cast<rlim_t>(enough));
  const rlimit raised{most, most};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace teasel::bench
