#include "report.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace teasel::bench {
namespace {

constexpr std::size_t kMostLines = 1'000'000;
const std::string kRow = "{\"name\": ";
const std::string kReference = "\"reference\": ";

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(9) << value;
  return text.str();
}

/// A member of an object of JSON, behind others.
std::string member(const char* name, const std::string& value) { return ", \"" + std::string(name) + "\": " + value; }

std::string intervalText(const char* low, const char* high, const Samples& samples) {
  const auto interval = samples.empty() ? std::nullopt : intervalOf(samples);
  return member(low, interval ? number(interval->first) : "null") + member(high, interval ? number(interval->second) : "null");
}

std::string summary(const Result& row, const Result* reference) {
  const Samples ratios = reference == nullptr ? Samples() : ratiosOf(row.samples, reference->samples);
  return member("value", number(medianOf(row.samples))) + intervalText("low", "high", row.samples) +
         member("cv", number(variationOf(row.samples))) + member("ratio", ratios.empty() ? "null" : number(medianOf(ratios))) +
         intervalText("ratio_low", "ratio_high", ratios);
}

void writeRefusals(std::ostream& out, const char* name, const std::vector<Refusal>& all) {
  out << ",\n" << quoted(name) << ": [";
  for (std::size_t i = 0; i < all.size(); ++i)
    out << (i == 0 ? "\n" : ",\n") << "{\"name\": " << quoted(all[i].name) << ", \"why\": " << quoted(all[i].why) << '}';
  out << ']';
}

/// What stands in a line behind `"name": ` up to `end`.
std::string after(const std::string& line, const std::string& name, char end) {
  const std::string begin = '"' + name + "\": ";
  const std::size_t at = line.find(begin);
  if (at == std::string::npos) throw std::runtime_error("a row has no '" + name + "'");
  const std::size_t from = at + begin.size() + (end == ',' ? 0 : 1), to = line.find(end, from);
  if (to == std::string::npos) throw std::runtime_error("a row ends in the midst of '" + name + "'");
  return line.substr(from, to - from);
}

Samples samplesIn(const std::string& text) {
  Samples samples;
  const char* at = text.c_str();
  for (char* end = nullptr;; at = end + 1) {
    samples.push_back(std::strtod(at, &end));
    if (end == at) throw std::runtime_error("a row has no samples");
    if (*end == '\0') return samples;
  }
}

Result rowIn(const std::string& line) {
  return {after(line, "name", '"'),
          after(line, "figure", '"'),
          after(line, "shape", '"'),
          after(line, "backend", '"'),
          after(line, "unit", '"'),
          after(line, "less_is_better", ',') == "true",
          samplesIn(after(line, "samples", ']'))};
}

}  // namespace

const Result* Report::find(const std::string& name) const {
  const auto found = std::ranges::find(rows, name, &Result::name);
  return found == rows.end() ? nullptr : &*found;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + '"';
}

void writeJson(std::ostream& out, const std::vector<std::pair<std::string, std::string>>& head, const Report& report,
               const std::string& reference) {
  out << '{';
  for (const auto& [name, value] : head) out << quoted(name) << ": " << value << ",\n";
  out << "\"rows\": [";
  for (const Result& row : report.rows) {
    out << (&row == report.rows.data() ? "\n" : ",\n") << kRow << quoted(row.name) << member("figure", quoted(row.figure))
        << member("shape", quoted(row.shape)) << member("backend", quoted(row.backend)) << member("unit", quoted(row.unit))
        << member("less_is_better", row.lessIsBetter ? "true" : "false") << ", \"samples\": [";
    for (std::size_t i = 0; i < row.samples.size(); ++i) out << (i == 0 ? "" : ", ") << number(row.samples[i]);
    out << ']';
    if (!reference.empty()) out << summary(row, report.find(row.figure + '/' + row.shape + '/' + reference));
    out << '}';
  }
  out << ']';
  writeRefusals(out, "skipped", report.skipped);
  writeRefusals(out, "failed", report.failed);
  if (!report.notes.empty()) writeRefusals(out, "notes", report.notes);
  out << "}\n";
}

Report readJson(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  Report report;
  std::size_t lines = 0;
  try {
    for (std::string line; std::getline(file, line) && ++lines < kMostLines;)
      if (line.starts_with(kRow) && line.find("\"samples\": ") != std::string::npos) report.rows.push_back(rowIn(line));
      else if (line.starts_with(kReference) || line.starts_with('{' + kReference))
        report.reference = after(line, "reference", '"');
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ", line " + std::to_string(lines) + ": " + error.what());
  }
  if (report.rows.empty()) throw std::runtime_error(path + " is no report of --json: it has no rows");
  return report;
}

}  // namespace teasel::bench
