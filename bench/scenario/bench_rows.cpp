#include "bench_rows.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <string_view>

#include <teasel/core/errors.hpp>

namespace teasel::bench {

namespace {

constexpr std::size_t kMaxLine = 4096, kMaxRows = 100'000;

std::string shown(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

/// How a figure differs from its former one: "-12 %".
std::string change(double now, double before) {
  return before > 0 ? shown("%+.0f %%", (now / before - 1) * 100) : std::string("new");
}

}  // namespace

void writeRows(std::ostream& out, const std::vector<BenchRow>& rows) {
  out << "{\"version\": 1, \"rows\": [\n";
  for (const BenchRow& row : rows)
    out << " {\"name\": \"" << row.name << "\", \"messages_per_second\": " << shown("%.6g", row.messagesPerSecond)
        << ", \"ns_per_byte\": " << shown("%.6g", row.nanosecondsPerByte)
        << ", \"allocations_per_message\": " << shown("%.6g", row.allocationsPerMessage)
        << (&row == &rows.back() ? "}\n" : "},\n");
  out << "]}\n";
}

std::map<std::string, BenchRow> readRows(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  const auto refuse = [&] { return UsageError("bench: " + path + " is no file that `bench --json` has written"); };
  if (!std::getline(file, line) || line != "{\"version\": 1, \"rows\": [") throw refuse();
  std::map<std::string, BenchRow> rows;
  while (std::getline(file, line) && line != "]}") {
    char name[kMaxLine];
    BenchRow row;
    if (line.size() >= kMaxLine || rows.size() >= kMaxRows ||
        std::sscanf(
            line.c_str(),
            " {\"name\": \"%4095[^\"]\", \"messages_per_second\": %lf, \"ns_per_byte\": %lf, \"allocations_per_message\": %lf",
            name, &row.messagesPerSecond, &row.nanosecondsPerByte, &row.allocationsPerMessage) != 4)
      throw refuse();
    row.name = name;
    rows[row.name] = row;
  }
  if (line != "]}") throw refuse();
  return rows;
}

void printRows(std::ostream& out, const std::vector<BenchRow>& rows, const std::map<std::string, BenchRow>& before) {
  std::size_t width = 8;
  for (const BenchRow& row : rows) width = std::max(width, row.name.size());
  const auto cell = [&](const std::string& text, std::size_t size) {
    out << std::string(std::max(size, text.size() + 2) - text.size(), ' ') << text;
  };
  const auto line = [&](std::string_view name, const std::string& messages, const std::string& bytes,
                        const std::string& allocations, const std::string& changed) {
    out << name << std::string(width - name.size(), ' ');
    cell(messages, 15), cell(bytes, 13), cell(allocations, 13);
    if (!before.empty()) cell(changed, 17);
    out << '\n';
  };
  line("scenario", "messages/s", "ns/byte", "allocs/msg", before.empty() ? "" : "ns/byte against");
  for (const BenchRow& row : rows) {
    const auto former = before.find(row.name);
    line(row.name, shown("%.0f", row.messagesPerSecond), shown("%.2f", row.nanosecondsPerByte),
         row.allocationsPerMessage < 0 ? "-" : shown("%.2f", row.allocationsPerMessage),
         before.empty() ? "" : change(row.nanosecondsPerByte, former == before.end() ? 0 : former->second.nanosecondsPerByte));
  }
}

}  // namespace teasel::bench
