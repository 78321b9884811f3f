#include <teasel/fakes/program/detail/serve.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>

namespace teasel::fakes {
namespace {

constexpr std::size_t kMaxMessage = 256u << 20;
constexpr std::size_t kShownErrorLines = 60;

Tape tapeOf(const ReplayJob& job) {
  Tape tape;
  tape.scenario = job.scenario;
  tape.play = job.play;
  tape.records = job.records;
  return tape;
}

std::string firstLines(const std::string& text, std::size_t count) {
  std::size_t end = 0;
  for (; count != 0 && end < text.size(); --count) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(0, end) + (end < text.size() ? "...\n" : "");
}

/// The rest of the line behind `marker`, or nothing.
std::string behind(const std::string& text, const char* marker) {
  const std::size_t at = text.find(marker);
  if (at == std::string::npos) return {};
  const std::size_t from = at + std::strlen(marker);
  return text.substr(from, text.find('\n', from) - from);
}

const char* signalName(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGABRT: return "SIGABRT";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGTRAP: return "SIGTRAP";
    case SIGKILL: return "SIGKILL";
    default: return "a signal";
  }
}

ReplayOutcome afterDeath(const ReplayJob& job, const Worker::Reply& reply, Duration timeout) {
  ReplayOutcome outcome;
  outcome.oracle = reply.hung ? "hang" : "crash: " + detail::crashKind(reply);
  outcome.signature = outcome.oracle;
  outcome.message = reply.hung ? "the run did not end within " + shown(timeout) : "the process died";
  if (!reply.words.inner.empty()) outcome.message += " in " + reply.words.inner + "; the diagram shows that run";
  if (!reply.words.last.empty()) outcome.message += "\nuser code was last told of " + reply.words.last;
  const std::string errors = watchdog::readableStack(reply.errorOutput);
  if (!errors.empty()) outcome.message += "\nit printed:\n" + firstLines(errors, kShownErrorLines);
  outcome.diagram = reply.words.diagram;
  outcome.play = job.play;
  if (job.seed && job.drawPlay) {
    Choices choices;
    choices.usePrng(*job.seed, Swarm::kOn);
    const ScenarioOptions& options = requireScenario(job.scenario).options();
    outcome.play = Play::draw(choices, options.shape, options.play);
  }
  for (const ChoiceRecord& record : reply.words.records) {
    if (!drawsPlay(record.site)) outcome.records.push_back(record);
  }
  return outcome;
}

}  // namespace

// Jobs and outcomes as bytes ----------------------------------------------------------------------

std::string pack(const ReplayJob& job) {
  std::string line = "job " + (job.seed ? std::to_string(*job.seed) : "-") + (job.drawPlay ? " draw" : " play") +
                     (job.diagram ? " diagram" : " -");
  if (!job.exhaust.empty()) line += ' ' + std::to_string(job.exhaustBudget);
  for (const std::uint16_t site : job.exhaust) line += ' ' + std::to_string(site);
  return line + '\n' + tapeOf(job).print();
}

ReplayJob unpackJob(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  std::istringstream line{std::string(bytes.substr(0, end))};
  std::string name, seed, play, diagram;
  line >> name >> seed >> play >> diagram;
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(seed.data(), seed.data() + seed.size(), number);
  const bool hasSeed = error == std::errc() && stop == seed.data() + seed.size();
  if (name != "job" || (seed != "-" && !hasSeed) || (play != "play" && play != "draw") ||
      (diagram != "diagram" && diagram != "-"))
    throw UsageError("no job: '" + std::string(bytes.substr(0, end)) + "'; expected 'job SEED|- play|draw diagram|-'");
  const Tape tape = Tape::parse(bytes.substr(std::min(end + 1, bytes.size())), "job");
  ReplayJob job;
  job.scenario = tape.scenario;
  job.play = tape.play;
  job.records = tape.records;
  if (hasSeed) job.seed = number;
  job.drawPlay = play == "draw";
  job.diagram = diagram == "diagram";
  if (line >> job.exhaustBudget)
    for (std::uint16_t site = 0; line >> site;) job.exhaust.push_back(site);
  else job.exhaustBudget = ReplayJob().exhaustBudget;
  return job;
}

std::string pack(const ReplayOutcome& outcome) {
  Tape tape;
  std::string input;
  if (!outcome.ok()) {  // nobody reads the input of a run that passed
    tape.play = outcome.play;
    tape.records = outcome.records;
    input = tape.print();
  }
  const Excess excess = outcome.excess.value_or(Excess{0, 0, 0});
  std::ostringstream out;
  out << outcome.traceHash << ' ' << outcome.unused << ' ' << outcome.clamped << ' ' << outcome.skipped << ' '
      << (outcome.heard ? *outcome.heard + 1 : 0) << ' ' << outcome.runs << ' ' << excess.measured << ' ' << excess.allowed << ' '
      << excess.marginPercent << ' ' << outcome.oracle.size() << ' ' << outcome.signature.size() << ' ' << outcome.message.size()
      << ' ' << outcome.diagram.size() << ' ' << input.size() << '\n'
      << outcome.oracle << outcome.signature << outcome.message << outcome.diagram << input;
  return out.str();
}

ReplayOutcome unpackOutcome(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  std::istringstream line{std::string(bytes.substr(0, end))};
  ReplayOutcome outcome;
  std::size_t sizes[5] = {};
  std::uint64_t heard = 0;  // one more than that, or 0
  Excess excess{0, 0, 0};
  line >> outcome.traceHash >> outcome.unused >> outcome.clamped >> outcome.skipped >> heard >> outcome.runs;
  if (heard != 0) outcome.heard = heard - 1;
  line >> excess.measured >> excess.allowed >> excess.marginPercent;
  if (excess.measured != 0) outcome.excess = excess;
  for (std::size_t& size : sizes) line >> size;
  if (!line) throw UsageError("no outcome: '" + std::string(bytes.substr(0, std::min<std::size_t>(end, 80))) + "'");
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  std::string input;
  std::string* const parts[5] = {&outcome.oracle, &outcome.signature, &outcome.message, &outcome.diagram, &input};
  for (int i = 0; i < 5; ++i) {
    if (sizes[i] > bytes.size()) throw UsageError("an outcome was cut short");
    *parts[i] = bytes.substr(0, sizes[i]);
    bytes.remove_prefix(sizes[i]);
  }
  if (!input.empty()) {
    Tape tape = Tape::parse(input, "outcome");
    outcome.play = std::move(tape.play);
    outcome.records = std::move(tape.records);
  }
  return outcome;
}

// Runners -----------------------------------------------------------------------------------------

ForkedRunner::ForkedRunner(Options options)
    : options_(std::move(options)),
      worker_(
          [replayer = std::make_shared<Replayer>(), run = options_.run](const std::string& request) {
            const ReplayJob job = unpackJob(request);
            watchdog::watch(&replayer->world(), job.diagram);
            return pack(run != nullptr ? run(*replayer, job) : replayer->run(job));
          },
          {.timeout = options_.timeout}) {}

ReplayOutcome ForkedRunner::run(const ReplayJob& job) {
  requireScenario(job.scenario);
  if (!options_.inputFile.empty()) tapeOf(job).save(options_.inputFile);
  const Worker::Reply reply = worker_.ask(pack(job));
  if (reply.died) return afterDeath(job, reply, options_.timeout);
  ReplayOutcome outcome = unpackOutcome(reply.text);
  if (outcome.ok()) outcome.play = job.play;
  return outcome;
}

std::string detail::crashKind(const Worker::Reply& reply) {
  if (const std::string check = behind(reply.errorOutput, "check failed at "); !check.empty()) {
    const std::size_t expression = check.find(": ");
    return "check failed" + (expression == std::string::npos ? "" : check.substr(expression, check.rfind(" (with") - expression));
  }
  if (const std::string summary = behind(reply.errorOutput, "Sanitizer: "); !summary.empty()) {
    // "ERROR: AddressSanitizer: heap-use-after-free on address ...": the kind is the first word.
    return summary.substr(0, summary.find(' '));
  }
  if (const std::string error = behind(reply.errorOutput, "runtime error: "); !error.empty()) return "undefined behaviour";
  if (const std::string type = behind(reply.errorOutput, "terminate called after throwing an instance of "); !type.empty())
    return "uncaught " + type;
  const int signal = reply.words.any && reply.words.signal != 0 ? reply.words.signal : reply.signal;
  if (signal != 0) return signalName(signal);
  return "exit " + std::to_string(reply.exitStatus);
}

// Serve mode --------------------------------------------------------------------------------------

bool detail::readMessage(int fd, std::string& message) {
  std::size_t size = 0;
  char c = '\0';
  int digits = 0;
  while (readAll(fd, &c, 1) && c != '\n') {
    if (c < '0' || c > '9' || ++digits > 10) throw UsageError("a message begins with its size in decimal and a newline");
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  if (c != '\n' || digits == 0) return false;
  if (size > kMaxMessage) throw LimitExceeded("the size of a message", kMaxMessage, size);
  message.resize(size);
  return readAll(fd, message.data(), size);
}

bool detail::writeMessage(int fd, std::string_view message) {
  std::string bytes = std::to_string(message.size()) + '\n';
  bytes += message;
  return writeAll(fd, bytes.data(), bytes.size());
}

std::string serveInputFile() {
  return (std::filesystem::temp_directory_path() / ("teasel-serve-" + std::to_string(::getpid()) + ".tape")).string();
}

int serve(int in, int out, Runner& runner) {
  std::string message;
  while (detail::readMessage(in, message)) {
    if (!detail::writeMessage(out, pack(runner.run(unpackJob(message))))) return 2;
  }
  return 0;
}

namespace {

void addToVariable(const char* name, const char* setting) {
  const char* old = std::getenv(name);  // no part of any run: it only says how sanitizers print
  ::setenv(name, (old == nullptr || *old == '\0' ? std::string(setting) : std::string(old) + ':' + setting).c_str(), 1);
}

}  // namespace

ServeClient::ServeClient(const std::string& program, std::vector<std::string> arguments) {
  int requests[2], replies[2];
  if (::pipe2(requests, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  if (::pipe2(replies, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<char*> argv;
  std::string self = program, command = "serve";
  argv.push_back(self.data());
  argv.push_back(command.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  process_ = ::fork();
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ == 0) {
    ::dup2(requests[0], STDIN_FILENO);
    ::dup2(replies[1], STDOUT_FILENO);
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) addToVariable(name, "symbolize=0");
    ::execv(self.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(requests[0]);
  ::close(replies[1]);
  to_ = requests[1];
  from_ = replies[0];
}

ServeClient::~ServeClient() {
  ::close(to_);
  ::close(from_);
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
}

ReplayOutcome ServeClient::run(const ReplayJob& job) {
  std::string reply;
  if (!detail::writeMessage(to_, pack(job)) || !detail::readMessage(from_, reply))
    throw UsageError("the serving process has ended");
  ReplayOutcome outcome = unpackOutcome(reply);
  if (outcome.ok()) outcome.play = job.play;
  return outcome;
}

}  // namespace teasel::fakes
