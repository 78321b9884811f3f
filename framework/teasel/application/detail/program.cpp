#include <teasel/application/detail/program.hpp>

#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

#include <teasel/application/detail/log_text.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/drivers/drivers.hpp>
#include <teasel/drivers/pid_file.hpp>
#include <teasel/drivers/signals.hpp>
#include <teasel/drivers/supervisor.hpp>

namespace teasel::detail {

namespace {

void stop(Reactor& reactor) {
  if (reactor.running() && !reactor.stopRequested()) reactor.stop();
}

/// Something of the program's surroundings cannot be had.
class CannotStart : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a signal does. The watch calls onSignal in a thread of its own.
class SignalOrders {
 public:
  SignalOrders(LogOutput& log, std::string name, posix::PidFile* pidFile) noexcept
      : log_(log), name_(std::move(name)), pidFile_(pidFile) {}

  void onSignal(int signal) {
    if (signal == SIGHUP) return reopenLog();
    const std::unique_lock lock(mutex_);
    if (!std::exchange(stopWanted_, true)) {
      if (reactor_ != nullptr) postStop();
      return;
    }
    // The loop may hang, so this thread does all that is left to do.
    if (pidFile_ != nullptr) pidFile_->remove();
    posix::endBySignal(signal);
  }
  /// From now on the first signal stops this reactor. Null: it is not there any more.
  void attach(Reactor* reactor) {
    const std::lock_guard lock(mutex_);
    reactor_ = reactor;
    if (stopWanted_ && reactor_ != nullptr) postStop();
  }
  bool stopWanted() {
    const std::lock_guard lock(mutex_);
    return stopWanted_;
  }

 private:
  void postStop() {
    reactor_->callFromThread([reactor = reactor_] { stop(*reactor); });
  }
  void reopenLog() {
    const std::string why = log_.reopen();
    const Logger logger(name_.c_str());
    if (why.empty()) logger.info("the log was opened anew");
    else logger.error(why);
  }

  LogOutput& log_;
  std::string name_;
  posix::PidFile* pidFile_;
  std::mutex mutex_;
  Reactor* reactor_ = nullptr;
  bool stopWanted_ = false;
};

/// Tells the reactor to the signals while it lives.
class Attached {
 public:
  Attached(SignalOrders& orders, Reactor& reactor) : orders_(orders) { orders_.attach(&reactor); }
  ~Attached() { orders_.attach(nullptr); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  SignalOrders& orders_;
};

/// The service's life, inside that of the reactor.
class ServiceRun {
 public:
  ServiceRun(Launch& launch, SignalOrders& orders) : launch_(launch), orders_(orders) {}

  void run(std::shared_ptr<Service> service) {
    launch_.reactor.addSystemEventTrigger(Reactor::Phase::kBefore, Reactor::Event::kShutdown, [this] { stopService(); });
    launch_.reactor.callWhenRunning([this, service = std::move(service)] { start(service); });
    launch_.reactor.run();
    Logger(launch_.name().c_str()).info(launch_.failed() ? "stopped after a failure" : "stopped");
  }

 private:
  void start(const std::shared_ptr<Service>& service) {
    if (orders_.stopWanted() || launch_.failed()) return stop(launch_.reactor);
    Failure failure;
    const bool started = guarded("startService", failure, [&] {
      root_->addService(service);
      root_->privilegedStartService();
      root_->startService();
    });
    if (!started) return launch_.fail(failure.what());
    if (!launch_.failed()) tell("READY=1\nSTATUS=running");
  }
  void stopService() {
    tell("STOPPING=1");
    // The shutdown goes on when the last copy of `going` is gone, whatever the result is.
    const auto going = std::make_shared<UniqueFunction<void()>>(launch_.reactor.blockSystemEvent());
    Failure failure;
    const bool called = guarded("stopService", failure, [&] {
      root_->stopService().addBoth([this, going](const Result<void>& result) {
        if (!result.ok()) launch_.fail(std::string("could not stop: ") + result.failure().what());
        (*going)();
      });
    });
    if (!called) launch_.fail(std::string("could not stop: ") + failure.what());
  }
  void tell(std::string_view state) {
    const std::string why = supervisor_.notify(state);
    if (!why.empty()) Logger(launch_.name().c_str()).warn(why);
  }

  Launch& launch_;
  SignalOrders& orders_;
  posix::Supervisor supervisor_;
  std::shared_ptr<MultiService> root_ = std::make_shared<MultiService>();
};

std::unique_ptr<Driver> driverOf(const std::string& name) {
  try {
    return makeDriver(name);
  } catch (const UsageError& error) {
    throw ConfigurationError(error.what());
  } catch (const DriverUnavailable& error) {
    throw CannotStart(error.what());
  }
}

std::unique_ptr<LogOutput> logOf(const ProgramSettings& settings) {
  if (settings.log.empty() || settings.log == "stderr") return std::make_unique<LogOutput>(settings.logFormat);
  try {
    return std::make_unique<LogOutput>(settings.log, settings.logFormat);
  } catch (const std::runtime_error& error) {
    throw CannotStart(std::string("the log: ") + error.what());
  }
}

std::unique_ptr<posix::PidFile> pidFileOf(const std::string& path) {
  if (path.empty()) return nullptr;
  try {
    return std::make_unique<posix::PidFile>(path);
  } catch (const std::runtime_error& error) {
    throw CannotStart(error.what());
  }
}

/// An error while the log is in use: one line there, and one on standard error if that is another
/// place.
void report(const LogOutput& log, const std::string& name, std::string_view what) {
  Logger(name.c_str()).log(LogLevel::kCritical, what);
  if (!log.standardError()) complain(name, what);
}

/// Makes the service and runs it. All that has to be opened before is open.
int runService(const ProgramSettings& settings, Reactor& reactor, const Application::Maker& maker, LogOutput& log,
               posix::PidFile* pidFile) {
  if (reactor.running()) throw ReactorAlreadyRunning("run() of a program on a reactor that is running");
  const auto say = [&](std::string_view what) { report(log, settings.name, what); };
  SignalOrders orders(log, settings.name, pidFile);
  const posix::SignalWatch watch(
      {SIGTERM, SIGINT, SIGHUP}, [&orders](int signal) { orders.onSignal(signal); }, posix::SignalWatch::Again::kCallback);
  const Attached attached(orders, reactor);
  Launch launch(reactor, settings.name, settings.listen, say);
  ServiceRun run(launch, orders);
  int wrong = kExitFailed;
  Failure failure;
  const bool ran = guarded("a program", failure, [&] {
    std::shared_ptr<Service> service;
    try {
      service = maker(launch);
    } catch (const ConfigurationError&) {
      wrong = kExitUsage;
      throw;
    }
    if (service == nullptr) throw UsageError("the maker gave no service");
    run.run(std::move(service));
  });
  if (!ran) say(failure.what());
  if (!ran) return wrong;
  return launch.failed() ? kExitFailed : kExitClean;
}

}  // namespace

void complain(const std::string& name, std::string_view what) {
  std::fprintf(stderr, "%s: %s\n", oneLine(name).c_str(), oneLine(what).c_str());
}

int runProgram(const ProgramSettings& settings, Reactor* given, const Application::Maker& maker) {
  try {
    std::unique_ptr<Driver> driver = given == nullptr ? driverOf(settings.driver) : nullptr;
    const std::unique_ptr<posix::PidFile> pidFile = pidFileOf(settings.pidFile);
    const std::unique_ptr<LogOutput> log = logOf(settings);
    const InstalledLog installed(*log, settings.logLevel);
    posix::ignoreBrokenPipes();
    if (given != nullptr) return runService(settings, *given, maker, *log, pidFile.get());
    Reactor reactor(std::move(driver));
    return runService(settings, reactor, maker, *log, pidFile.get());
  } catch (const ConfigurationError& error) {
    complain(settings.name, error.what());
    return kExitUsage;
  } catch (const CannotStart& error) {
    complain(settings.name, error.what());
    return kExitCannotStart;
  }
}

}  // namespace teasel::detail
