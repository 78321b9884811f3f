#include <teasel/protocols/irc/modes.hpp>

#include <algorithm>

namespace teasel::irc {

namespace {

bool has(const std::string& set, char mode) noexcept { return set.find(mode) != std::string::npos; }

}  // namespace

bool ModeKinds::known(char mode) const noexcept {
  return has(lists, mode) || has(always, mode) || has(onSet, mode) || has(flags, mode) || has(ranks, mode);
}

bool ModeKinds::takesParam(char mode, bool added) const noexcept {
  return has(always, mode) || has(ranks, mode) || (added && has(onSet, mode));
}

ModeKinds ModeKinds::ofUser() {
  return {.lists = "", .always = "", .onSet = "", .flags = "", .ranks = "", .unknown = Unknown::kFlag};
}

const char* describe(ModeFault fault) noexcept {
  switch (fault) {
    case ModeFault::kNone: return "no fault";
    case ModeFault::kEmpty: return "a sign without a mode behind it, or no modes at all";
    case ModeFault::kUnknownMode: return "an unknown mode";
    case ModeFault::kMissingParam: return "a mode that needs a parameter and has none";
    case ModeFault::kExtraParam: return "more parameters than the modes need";
  }
  return "an unknown fault";
}

ParsedModes parseModes(std::string_view modes, std::span<const std::string_view> params, const ModeKinds& kinds) {
  ParsedModes parsed;
  const auto fail = [&parsed](ModeFault fault, char mode) -> ParsedModes& {
    parsed.fault = fault;
    parsed.mode = mode;
    return parsed;
  };
  bool added = true, signAlone = true;
  std::size_t used = 0;
  for (std::size_t at = 0; at < modes.size(); ++at) {
    const char mode = modes[at];
    if (mode == '+' || mode == '-') {
      if (signAlone && at > 0) return fail(ModeFault::kEmpty, mode);
      added = mode == '+';
      signAlone = true;
      continue;
    }
    signAlone = false;
    if (!kinds.known(mode) && kinds.unknown == ModeKinds::Unknown::kRefuse) return fail(ModeFault::kUnknownMode, mode);
    const bool needs = kinds.takesParam(mode, added), takes = needs || (kinds.isList(mode) && used < params.size());
    if (needs && used == params.size()) return fail(ModeFault::kMissingParam, mode);
    parsed.changes.push_back({.added = added, .mode = mode, .param = takes ? std::string(params[used++]) : std::string()});
  }
  if (signAlone) return fail(ModeFault::kEmpty, 0);
  if (used < params.size()) return fail(ModeFault::kExtraParam, 0);
  return parsed;
}

std::vector<ModeText> batchModes(std::span<const ModeChange> changes, std::size_t most, std::size_t bytes) {
  std::vector<ModeText> texts;
  std::size_t size = 0, params = 0;
  bool added = true;
  for (const ModeChange& change : changes) {
    const bool hasParam = !change.param.empty();
    const std::size_t param = hasParam ? change.param.size() + 1 : 0;
    if (2 + param > bytes) continue;
    const bool full = hasParam && most != 0 && params == most;
    const std::size_t sign = !texts.empty() && change.added == added ? 0 : 1;
    if (texts.empty() || full || size + sign + 1 + param > bytes) {
      texts.emplace_back();
      size = params = 0;
    }
    ModeText& text = texts.back();
    if (text.modes.empty() || change.added != added) {
      added = change.added;
      text.modes += added ? '+' : '-';
      ++size;
    }
    text.modes += change.mode;
    size += 1 + param;
    if (hasParam) {
      text.params.push_back(change.param);
      ++params;
    }
  }
  return texts;
}

}  // namespace teasel::irc
