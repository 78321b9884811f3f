#include <teasel/fakes/program/report.hpp>

#include <algorithm>

#include <teasel/core/byte_view.hpp>

namespace teasel::fakes {
namespace {

constexpr std::size_t kMaxNameLength = 60;

bool isAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Makes text a part of a file name or an identifier: every run of other characters becomes one
/// `other`.
std::string slug(std::string_view text, char other) {
  std::string out;
  for (const char c : text.substr(0, kMaxNameLength)) {
    if (isAlphanumeric(c)) out += c;
    else if (!out.empty() && out.back() != other) out += other;
  }
  while (!out.empty() && out.back() == other) out.pop_back();
  return out.empty() ? "unnamed" : out;
}

/// "line-too-long" -> "LineTooLong".
std::string titleCase(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text.substr(0, kMaxNameLength)) {
    if (isAlphanumeric(c)) out += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !isAlphanumeric(c);
  }
  return out.empty() ? "Unnamed" : out;
}

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end != 0) (out += "  ") += text.substr(0, end);
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string literal(ByteView bytes) { return '"' + escaped(bytes, std::string_view::npos) + '"'; }

std::string choicesCode(const Tape& tape) {
  if (tape.records.empty()) return {};
  std::string out = "  const std::vector<ChoiceRecord> choices = {\n";
  for (const ChoiceRecord& record : tape.records) {
    out += "      {" + std::to_string(record.entity) + ", " + std::to_string(record.site) + ", " + std::to_string(record.index) +
           ", " + std::to_string(record.bound) + ", " + std::to_string(record.value) + "},  // " + siteName(record.site) +
           " of entity " + std::to_string(record.entity) + ", draw " + std::to_string(record.index) + ": " +
           std::to_string(record.value) + '\n';
  }
  return out + "  };\n";
}

}  // namespace

std::string testCase(const Tape& tape) {
  std::string out = "#include <gtest/gtest.h>\n\n#include <teasel/fakes/program/replay.hpp>\n\nTEST(Scenario" +
                    titleCase(tape.scenario) + ", DoesNotBreak" + titleCase(tape.oracle) +
                    ") {\n  using namespace teasel::fakes;\n  Play play;\n";
  out += "  play.setVersion(" + std::to_string(tape.play.version()) + ");\n";
  for (const PlayEvent& event : tape.play.events())
    for (const std::string& call : eventCalls(tape.play, event)) out += "  play." + call + ";\n";
  out += choicesCode(tape);
  out += std::string("  EXPECT_EQ(") + (isDeath(tape.oracle) ? "replayFailureInChild(" : "replayFailure(") +
         literal(tape.scenario) + ", play" + (tape.records.empty() ? "" : ", choices") + "), \"\");\n}\n";
  return out;
}

bool isDeath(std::string_view oracle) noexcept { return oracle.starts_with("crash: ") || oracle == "hang"; }

std::string withoutSkipMarker(std::string text) {
  static constexpr std::string_view kMarker = "[  SKIPPED ]", kSpelt = "[  SKIPPED\\x20]";
  for (std::size_t at = 0; (at = text.find(kMarker, at)) != std::string::npos; at += kSpelt.size())
    text.replace(at, kMarker.size(), kSpelt);
  return text;
}

std::string shellWord(std::string_view text) {
  static constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-./:=@_";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += "'\\''" : out += c;
  return out + '\'';
}

std::string tapeFileName(const Tape& tape) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : tape.print()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::string digits;
  for (int i = 0; i < 8; ++i, hash >>= 4) digits += "0123456789abcdef"[hash & 15];
  return slug(tape.scenario, '_') + '-' + slug(tape.oracle, '-') + '-' + digits + ".tape";
}

std::string FailureReport::text() const {
  std::string out = "FAILED " + tape.scenario + ": " + outcome.oracle + '\n' + indented(outcome.message);
  if (!note.empty()) out += "  (" + note + ")\n";
  const std::string lines = tape.print();
  const std::size_t body = lines.find("\n\n");
  out += "\nThe input:\n" + indented(std::string_view(lines).substr(body == std::string::npos ? 0 : body + 2));
  if (!outcome.diagram.empty()) out += "\nWhat happened:\n" + indented(outcome.diagram);
  out += "\nReplay it:\n  " + command + '\n';
  if (noTest.empty()) out += "\nAs a test:\n\n" + testCase(tape);
  else out += "\nThere is no test to keep: it would pass.\n" + indented(noTest);
  return withoutSkipMarker(std::move(out));
}

}  // namespace teasel::fakes
