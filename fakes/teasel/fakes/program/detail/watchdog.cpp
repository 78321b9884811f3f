#include <teasel/fakes/program/detail/watchdog.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>

#include <execinfo.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <teasel/core/sanitizers.hpp>
#include <teasel/fakes/program/detail/watchdog_symbols.hpp>
#include <teasel/fakes/program/inner_run.hpp>
#include <teasel/fakes/trace/diagram.hpp>
#include <teasel/fakes/world/world.hpp>

// The runtimes of sanitizers define these. Without one they are null.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));
extern "C" void __sanitizer_print_stack_trace() __attribute__((weak));

namespace teasel::fakes {

namespace {
thread_local constinit const InnerRun* innermost = nullptr;
}  // namespace

/// What the handlers see of an inner run.
struct InnerRunReader {
  static World& world(const InnerRun& run) noexcept { return run.world_; }
  static int describe(const InnerRun& run, char* text, std::size_t size) noexcept {
    return std::snprintf(text, size, "run %u of the property %s, in which the input is delivered %s", run.number_, run.property_,
                         run.delivery_);
  }
};

InnerRun::InnerRun(World& world, const char* property, const char* delivery, unsigned number) noexcept
    : world_(world), property_(property), delivery_(delivery), number_(number), outer_(innermost) {
  innermost = this;
}
InnerRun::~InnerRun() { innermost = outer_; }

}  // namespace teasel::fakes

namespace teasel::fakes::watchdog {
namespace {

enum Tag : char { kSignal = 's', kLast = 'l', kRecords = 'r', kDiagram = 'g', kInner = 'i' };

int output = -1;
World* watched = nullptr;
bool wantsDiagram = false;
volatile sig_atomic_t dying = 0;
constexpr std::size_t kAlternateStack = std::size_t{256} << 10;

void writeAll(const void* data, std::size_t size) noexcept {
  const char* at = static_cast<const char*>(data);
  while (size != 0) {
    const ssize_t written = ::write(output, at, size);
    if (written <= 0) return;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

void frame(Tag tag, const void* data, std::size_t size) noexcept {
  const auto length = static_cast<std::uint32_t>(size);
  writeAll(&tag, 1);
  writeAll(&length, sizeof length);
  writeAll(data, size);
}

/// The callback to which events of this kind lead.
const char* callbackOf(TraceKind kind) noexcept {
  switch (kind) {
    case TraceKind::kArrive: return "bytes delivered: dataReceived";
    case TraceKind::kArriveEnd: return "the end of stream: readConnectionLost or connectionLost";
    case TraceKind::kResetSeen: return "a reset: connectionLost";
    case TraceKind::kConnected: return "a connection made: connectionMade";
    case TraceKind::kAccepted: return "a connection accepted: buildProtocol or connectionMade";
    case TraceKind::kRefused: return "a connection refused: clientConnectionFailed";
    case TraceKind::kTime: return "time that passed: a delayed call";
    case TraceKind::kApp: return "an application action";
    case TraceKind::kHostStarted: return "the start of a reactor: a startup trigger";
    case TraceKind::kHostStopped: return "the end of a reactor";
    default: return nullptr;
  }
}

/// Tells first what needs no memory: the heap may be what is broken.
void tell(int signal) noexcept {
  const std::int32_t number = signal;
  frame(kSignal, &number, sizeof number);
  if (watched == nullptr) return;
  const std::vector<ChoiceRecord>& records = watched->choices().records();
  frame(kRecords, records.data(), records.size() * sizeof(ChoiceRecord));
  World& shown = innermost != nullptr ? InnerRunReader::world(*innermost) : *watched;
  if (innermost != nullptr) {
    char text[256];
    const int length = InnerRunReader::describe(*innermost, text, sizeof text);
    frame(kInner, text, std::min(static_cast<std::size_t>(std::max(length, 0)), sizeof text - 1));
  }
  const auto events = shown.trace().events();
  for (std::size_t i = events.size(); i-- > 0;) {
    if (const char* callback = callbackOf(events[i].kind)) {
      frame(kLast, callback, std::strlen(callback));
      break;
    }
  }
  if (!wantsDiagram) return;
  const std::string drawn = shown.diagram();
  frame(kDiagram, drawn.data(), drawn.size());
}

void printStack() noexcept {
  if (__sanitizer_print_stack_trace != nullptr) return __sanitizer_print_stack_trace();
  void* frames[64];
  ::backtrace_symbols_fd(frames, ::backtrace(frames, 64), STDERR_FILENO);
}

void onSignal(int signal) {
  if (dying == 0) {
    dying = 1;
    ::alarm(2);  // in case tell does not end
    if (signal == SIGALRM || !teasel::detail::kSanitized) printStack();
    tell(signal);
  }
  if (signal == SIGALRM) ::_exit(124);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void onSanitizerDeath() {
  if (dying != 0) return;
  dying = 1;
  tell(0);
}

void handle(int signal) {
  struct sigaction action{};
  action.sa_handler = onSignal;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void install(int fd) {
  output = fd;
  handle(SIGALRM);
  handle(SIGABRT);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(onSanitizerDeath);
  if (teasel::detail::kSanitized) return;  // the sanitizer handles the others better
  static char stack[kAlternateStack];
  stack_t alternate{};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  ::sigaltstack(&alternate, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) handle(signal);
  void* frames[1];
  ::backtrace(frames, 1);  // loads its library now and not in a handler
}

void watch(World* world, bool diagram) noexcept {
  watched = world;
  wantsDiagram = diagram;
}

bool drawsRuns() noexcept { return watched != nullptr && wantsDiagram; }

namespace {

volatile sig_atomic_t exitFails = 0;

void onExit() {
  if (exitFails == 0) return;
  static constexpr char kText[] = "the code under test ended the process by exit: this is a failure\n";
  output = STDERR_FILENO;
  writeAll(kText, sizeof kText - 1);
  ::_exit(1);
}

}  // namespace

ExitFails::ExitFails() noexcept {
  static const int kRegistered = std::atexit(onExit) + std::at_quick_exit(onExit);
  exitFails = static_cast<sig_atomic_t>(kRegistered == 0);
}
ExitFails::~ExitFails() { exitFails = 0; }

void arm(Duration limit) noexcept {
  const std::int64_t microseconds = limit.count() / 1000;
  itimerval timer{};
  timer.it_value.tv_sec = microseconds / 1'000'000;
  timer.it_value.tv_usec = microseconds % 1'000'000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

void disarm() noexcept {
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, nullptr);
}

LastWords parse(const std::string& frames) {
  LastWords words;
  std::size_t at = 0;
  while (frames.size() - at >= 5) {
    const char tag = frames[at];
    std::uint32_t length = 0;
    std::memcpy(&length, frames.data() + at + 1, sizeof length);
    at += 5;
    if (length > frames.size() - at) break;
    const std::string body = frames.substr(at, length);
    at += length;
    if (tag == kSignal && length == sizeof(std::int32_t)) {
      std::int32_t number = 0;
      std::memcpy(&number, body.data(), sizeof number);
      words.any = true;
      words.signal = number;
      words.hung = number == SIGALRM;
    } else if (tag == kLast) {
      words.last = body;
    } else if (tag == kRecords) {
      words.records.resize(length / sizeof(ChoiceRecord));
      if (!words.records.empty()) std::memcpy(words.records.data(), body.data(), words.records.size() * sizeof(ChoiceRecord));
    } else if (tag == kDiagram) {
      words.diagram = body;
    } else if (tag == kInner) {
      words.inner = body;
    }
  }
  return words;
}

namespace {

/// A line of backtrace_symbols_fd, "program(+0x1234)[0x...]" or "program(_Zmangled+0x1f)[0x...]",
/// as "  in name". Other lines stay as they are.
std::string readableFrame(const std::string& line, std::map<std::string, Symbols>& files) {
  const std::size_t open = line.find('('), plus = line.find('+', open), close = line.find(')', open);
  if (open == std::string::npos || plus == std::string::npos || close == std::string::npos || plus > close) return line;
  std::string name = demangled(line.substr(open + 1, plus - open - 1));
  if (name.empty()) {
    const std::string file = line.substr(0, open);
    const auto symbols = files.try_emplace(file, file).first;
    // It is a return address: the call is before it.
    name = symbols->second.nameAt(std::strtoull(line.c_str() + plus + 1, nullptr, 16) - 1);
  }
  return "  in " + (name.empty() ? line : name);
}

bool holds(std::string_view line, std::string_view text) { return line.find(text) != std::string_view::npos; }

bool isFrame(std::string_view line) { return line.starts_with("  in "); }

/// A line of a sanitizer, "    #3 0x123 in name(...) /long/path/file.cpp:41:69", as "  in name(...)
/// file.cpp:41:69". Other lines stay as they are.
std::string shortFrame(const std::string& line) {
  static constexpr std::size_t kLongest = 160;
  const std::size_t number = line.find_first_not_of(' '), in = line.find(" in ");
  if (number == std::string::npos || line[number] != '#' || in == std::string::npos) return line;
  std::string out = " " + line.substr(in);
  const std::size_t path = out.rfind(" /"), slash = out.rfind('/');
  if (path != std::string::npos && slash > path) out.erase(path + 1, slash - path);
  return out.size() <= kLongest ? out : out.substr(0, kLongest) + "...";
}

/// Frames through which the reactor and the world call user code.
bool isMachinery(std::string_view line) {
  for (const std::string_view name :
       {"teasel::guarded<", "bool teasel::guarded", "teasel::Connection::on", "teasel::Connection::dispatch",
        "teasel::Reactor::turn(", "teasel::fakes::SimDriver::d", "teasel::fakes::World::"}) {
    if (holds(line, name)) return true;
  }
  return false;
}

}  // namespace

std::string readableStack(const std::string& standardError) {
  std::string out;
  std::map<std::string, Symbols> files;
  bool machinery = false;  // the frames below belong to the world, not to the user
  std::string_view rest = standardError;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line = shortFrame(readableFrame(std::string(rest.substr(0, end)), files));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.starts_with("SUMMARY: ")) break;  // what follows is about the sanitizer itself
    machinery = isFrame(line) && (machinery || isMachinery(line));
    if (!machinery && !holds(line, "teasel::fakes::watchdog::")) (out += line) += '\n';
  }
  return out;
}

}  // namespace teasel::fakes::watchdog

bool teasel::fakes::InnerRun::drawn() noexcept { return watchdog::drawsRuns(); }
