#include <teasel/fakes/play/detail/tables_page.hpp>

#include <string_view>

#include <teasel/fakes/play/choice_sites.hpp>
#include <teasel/fakes/play/play.hpp>

namespace teasel::fakes::detail {
namespace {

std::string hex(unsigned value) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {kDigits[value >> 4 & 15], kDigits[value & 15]};
}

std::string row(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += ' ' + cell + " |";
  return out + '\n';
}
std::string heading(std::initializer_list<std::string> cells) {
  std::string out = row(cells) + '|';
  for (std::size_t i = 0; i < cells.size(); ++i) out += "---|";
  return out + '\n';
}
std::string code(std::string_view text) { return '`' + std::string(text) + '`'; }

/// How a tape and a test show an operand.
std::string wordOf(const Operand& operand) {
  switch (operand.type) {
    case OperandType::kBytes: return "\"BYTES\"";
    case OperandType::kFlag: return std::string(operand.name);
    case OperandType::kTimerPoint: return "before/at/after";
    case OperandType::kDuration: return "1500us";
    case OperandType::kHost: return "hostN";
    case OperandType::kParty:
    case OperandType::kOtherParty: return "hostN/outside";
    case OperandType::kCrashKind: return "reset/silent/close";
    case OperandType::kPort:
    case OperandType::kConnection:
    case OperandType::kOperation:
    case OperandType::kLength:
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: break;
  }
  std::string out;
  for (const char c : operand.name) out += static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string_view rangeOf(OperandType type) {
  switch (type) {
    case OperandType::kBytes: return "any bytes, with C escapes in a tape";
    case OperandType::kPort: return "0 to 65535: ports of the world in the order of listening";
    case OperandType::kFlag: return "there or not";
    case OperandType::kTimerPoint: return "before, at, after; in bytes 0, 1, 2, modulo 3";
    case OperandType::kConnection: return "0 to 7, in bytes modulo 8; without it the event's own connection";
    case OperandType::kOperation: return "0 to 65535";
    case OperandType::kHost: return "host0 to host7, in bytes modulo 8; in a world modulo the number of its hosts";
    case OperandType::kParty:
    case OperandType::kOtherParty:
      return "a host, or the outside, where the remote peers are; in bytes 8 is the outside, modulo 9";
    case OperandType::kCrashKind: return "reset, silent, close; in bytes 0, 1, 2, modulo 3; without it reset";
    case OperandType::kLength: return "0 to 4294967295";
    case OperandType::kDuration: return "0 to 24 hours; a tape has s, ms, us, ns";
    case OperandType::kCount:
    case OperandType::kOffset:
    case OperandType::kArgument: return "0 to 18446744073709551615";
  }
  return {};
}

std::string lineOf(const EventRow& event) {
  std::string out(event.name);
  if (event.onConnection) out += " K";
  for (const Operand& operand : event.operands)
    out += operand.presence == OperandPresence::kRequired ? ' ' + wordOf(operand) : " [" + wordOf(operand) + ']';
  return out;
}

std::string unitOf(std::uint64_t ns) {
  return ns == 1'000'000'000 ? "s" : ns == 1'000'000 ? "ms" : ns == 1'000 ? "us" : std::to_string(ns) + " ns";
}

std::string escapeOf(const EventRow& event, const EventCode& escape) {
  std::string out = escape.code > 0xff ? hex(escape.code >> 8) + ' ' + hex(escape.code & 0xff) : hex(escape.code);
  if (event.kind == PlayEventKind::kConnect) out += " k";
  for (const Operand& operand : event.operands)
    if (operandForm(operand.type) == OperandForm::kByte) out += ' ' + std::string(operand.name);
  for (const Operand& operand : event.operands) {
    const OperandForm form = operandForm(operand.type);
    // Selecting a connection connects it to port 0.
    if (form == OperandForm::kNumber && (operand.presence != OperandPresence::kOptional || escape.code > 0xff))
      out += ' ' + std::string(operand.name);
    if (form == OperandForm::kUnits) out += " n (" + unitOf(escape.value) + ')';
  }
  return out;
}

std::string escapesOf(const EventRow& event) {
  std::string out;
  for (const EventCode& escape : event.codes) out += (out.empty() ? "" : ", ") + code(escapeOf(event, escape));
  return out.empty() ? "the bytes themselves" : out;
}

std::string events() {
  std::string out = heading({"tape", "fuzzer bytes, behind `F5`", "what it does"});
  for (const EventRow& event : kEvents) out += row({code(lineOf(event)), escapesOf(event), std::string(event.does)});
  return out;
}

std::string operands() {
  std::string out = heading({"event", "operand", "values"});
  for (const EventRow& event : kEvents)
    for (const Operand& operand : event.operands)
      out += row({code(event.name), std::string(operand.name), std::string(rangeOf(operand.type))});
  return out;
}

std::string_view nameOf(Decider decider) {
  switch (decider) {
    case Decider::kWorld: return "the world: 0";
    case Decider::kHost: return "a host: its number";
    case Decider::kDirection: return "a direction of a stream";
    case Decider::kPlay: return "a connection of the Play, as sender";
    case Decider::kDraw: return "Play::draw: the number of the event";
    case Decider::kFault: return "a kind of fault: its row in the table of faults, from 0";
    case Decider::kRecords: return "nobody: 0";
    case Decider::kTest: return "a test";
  }
  return {};
}

const FaultRow* faultOf(const ChoiceSiteRow& site) {
  for (const FaultRow& fault : kFaults)
    if (site.fault && *site.fault == fault.control) return &fault;
  return nullptr;
}

std::string sites() {
  std::string out = heading({"number", "site", "what is decided", "0 means", "who decides: entity", "needs the fault"});
  for (const ChoiceSiteRow& site : kChoiceSites) {
    const FaultRow* fault = faultOf(site);
    out += row({std::to_string(static_cast<unsigned>(site.site)), code(site.name), std::string(site.decides),
                std::string(site.zero), std::string(nameOf(site.decider)), fault != nullptr ? code(fault->name) : ""});
  }
  return out;
}

std::string faults() {
  std::string out = heading({"member of `Faults`", "at first", "what it stands for", "sites"});
  for (const FaultRow& fault : kFaults) {
    std::string drawn;
    for (const ChoiceSiteRow& site : kChoiceSites)
      if (faultOf(site) == &fault) drawn += (drawn.empty() ? "" : ", ") + code(site.name);
    out += row({code(fault.name), fault.control.isOn(Faults()) ? "on" : "off", std::string(fault.standsFor), drawn});
  }
  return out;
}

}  // namespace

std::string tablesPage() {
  return "# Events, choices and faults\n\n"
         "These tables are what a simulated world is made of. `events_page` writes this page from\n"
         "`fakes/teasel/fakes/play/play.hpp` and `choice_sites.hpp`; a test compares it with them.\n\n"
         "## Events\n\n"
         "An event is one thing that a party outside the world does, or that happens to its hosts and links. A `Play`\n"
         "is a list of events. A tape has one event on each line, and a C++ test says it by the method of `Play` with\n"
         "the same name. In a fuzzer input the byte `F5` introduces an event;\n"
         "[play_codec.hpp](../fakes/teasel/fakes/play/play_codec.hpp) has the rules. K is a connection of the Play,\n"
         "0 to 7. hostN is a host by its number in the order in which the world got them. Square brackets stand around\n"
         "what may be missing. Events on hosts and links are taken only where `PlayLimits::hosts` allows them.\n\n" +
         events() +
         "\n## Operands of events\n\n"
         "Fuzzer bytes and methods of `Play` bring a value into its range. A tape with a value out of range is refused.\n\n" +
         operands() +
         "\n## Choice sites\n\n"
         "Whatever the environment decides is drawn from `Choices` at a site. A tape records a draw as\n"
         "`choice SITE ENTITY INDEX = VALUE of BOUND`. The entity says who decides. Connection k of the Play sends\n"
         "as entity 256 + 2k and receives as the entity after it. In stream n between two hosts, the side that\n"
         "connected sends as entity 4096 + 2n, and the other side as the entity after it. Sites of your own start at\n"
         "number 256 and are called `user.0`, `user.1` and so on.\n\n" +
         sites() +
         "\n## Versions\n\n"
         "A Play is performed by the rules of its version. A Play that is made anew has the newest version. A tape says\n"
         "`version: 2` in its header, and a fuzzer input has the record `F5 0F 00 02`. Without that the version is 1, so\n"
         "that old tapes and inputs give the same run for ever. Version 2 brought this: a reset is told after the bytes\n"
         "that arrived before it, and to a paused reader when it resumes, unless `resetWhilePaused` or `resetOrder` says\n"
         "otherwise ([resets.md](resets.md)). Version 1 draws `pausedReset` instead of these two.\n"
         "\n## Faults\n\n"
         "A scenario turns a fault on in the options of its world: `{.world = {.faults = {.stalls = true}}}`. Climates\n"
         "bring faults as well.\n\n" +
         faults() +
         "\n## Climates\n\n"
         "Each run of a scenario draws a climate at the sites `completion`, `faultKind` and `faultRatio`: whether its\n"
         "drivers work by completions, which kinds of faults exist in it, and how often each comes. A scenario says in\n"
         "its options which climates it cannot stand: `{.climate = {.without = {&Faults::listen, &Faults::slow}}}`. Faults\n"
         "that its world has anyway are there in every climate, and no climate brings latency. A fuzzer input with a record of\n"
         "`climateSeed` draws everything from that seed that has no record of its own, except at sites of users. A tape\n"
         "has the values themselves, once it is shrunk.\n";
}

}  // namespace teasel::fakes::detail
