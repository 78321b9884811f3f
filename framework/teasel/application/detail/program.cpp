#include <teasel/application/detail/program.hpp>

#include <cstdio>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <teasel/application/detail/log_text.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/core/guarded.hpp>
#include <teasel/drivers/drivers.hpp>
#include <teasel/drivers/pid_file.hpp>
#include <teasel/drivers/signals.hpp>
#include <teasel/drivers/standard_descriptors.hpp>
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

/// What a signal does. The watch calls onSignal in a thread of its own. That thread must be free
/// for the signal that ends the process, so it neither logs nor waits for what a log holds up.
class SignalOrders {
 public:
  SignalOrders() = default;
  SignalOrders(const SignalOrders&) = delete;
  SignalOrders& operator=(const SignalOrders&) = delete;

  void onSignal(int signal) {
    const std::lock_guard lock(mutex_);
    if (signal == SIGHUP) {
      wanted_.reopen = true;
      return post();
    }
    if (!std::exchange(wanted_.stop, true)) return post();
    // The loop may hang, so this thread does all that is left to do.
    if (pidFile_ != nullptr) pidFile_->remove();
    posix::endBySignal(signal);
  }
  /// What the signals want. The wish to reopen the log is told once.
  struct Wanted {
    bool stop = false, reopen = false;
  };
  /// From now on `obey` is called in this reactor after a signal.
  void attach(Reactor& reactor, std::function<void()> obey) {
    const std::lock_guard lock(mutex_);
    reactor_ = &reactor;
    obey_ = std::make_shared<std::function<void()>>(std::move(obey));
    if (wanted_.stop || wanted_.reopen) post();
  }
  /// The reactor is not there any more. Call it in the reactor's thread.
  void detach() {
    const std::lock_guard lock(mutex_);
    reactor_ = nullptr;
    obey_ = nullptr;
  }
  Wanted take() {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    return std::exchange(wanted_, Wanted{.stop = wanted_.stop});
  }

  bool stopWanted() {
    const std::lock_guard lock(mutex_);
    return wanted_.stop;
  }

  /// Writes the PID file. No signal is obeyed before it is known here. Throws CannotStart.
  void writePidFile(const std::string& path) {
    const std::lock_guard lock(mutex_);
    try {
      pidFile_ = std::make_unique<posix::PidFile>(path);
    } catch (const std::runtime_error& error) {
      throw CannotStart(error.what());
    }
  }
  void removePidFile() noexcept {
    const std::lock_guard lock(mutex_);
    pidFile_.reset();
  }

 private:
  void post() {
    if (reactor_ == nullptr || std::exchange(posted_, true)) return;
    reactor_->callFromThread([weak = std::weak_ptr<std::function<void()>>(obey_)] {
      if (const auto obey = weak.lock()) (*obey)();
    });
  }

  std::mutex mutex_;
  Reactor* reactor_ = nullptr;
  std::shared_ptr<std::function<void()>> obey_;
  std::unique_ptr<posix::PidFile> pidFile_;
  Wanted wanted_;
  bool posted_ = false;
};

/// The PID file, if there is one, while it lives.
class Published {
 public:
  Published(SignalOrders& orders, const std::string& path) : orders_(orders) {
    if (!path.empty()) orders_.writePidFile(path);
  }
  ~Published() { orders_.removePidFile(); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

 private:
  SignalOrders& orders_;
};

/// Gives the signals to the reactor while it lives.
class Attached {
 public:
  Attached(SignalOrders& orders, Reactor& reactor, LogOutput& log, std::string name)
      : orders_(orders), reactor_(reactor), log_(log), name_(std::move(name)) {
    orders_.attach(reactor, [this] { obey(); });
  }
  ~Attached() { orders_.detach(); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  void obey() {
    const SignalOrders::Wanted wanted = orders_.take();
    if (wanted.reopen && !log_.standardError()) reopenLog();
    if (wanted.stop) stop(reactor_);
  }
  void reopenLog() {
    const std::string why = log_.reopen();
    const Logger logger(name_.c_str());
    if (why.empty()) logger.info("the log was opened anew");
    else logger.error(why);
  }

  SignalOrders& orders_;
  Reactor& reactor_;
  LogOutput& log_;
  const std::string name_;
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

/// Hears the signals. A SIGINT that the process ignores from its start on stays ignored: so does a
/// job in the background of a script, which the Ctrl-C of its user is not meant for.
std::unique_ptr<posix::SignalWatch> watchFor(SignalOrders& orders) {
  std::vector<int> signals{SIGTERM, SIGHUP};
  if (!posix::signalIgnored(SIGINT)) signals.push_back(SIGINT);
  try {
    return std::make_unique<posix::SignalWatch>(
        signals, [&orders](int signal) { orders.onSignal(signal); }, posix::SignalWatch::Again::kCallback);
  } catch (const UsageError&) {
    throw;
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
               SignalOrders& orders) {
  if (reactor.running()) throw ReactorAlreadyRunning("run() of a program on a reactor that is running");
  const auto say = [&](std::string_view what) { report(log, settings.name, what); };
  const Attached attached(orders, reactor, log, settings.name);
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
  posix::openStandardDescriptors();
  posix::ignoreBrokenPipes();
  try {
    std::unique_ptr<Driver> driver = given == nullptr ? driverOf(settings.driver) : nullptr;
    // Whoever sees the PID file may send signals, so they are heard before it is there and until it
    // and the reactor are gone.
    SignalOrders orders;
    const std::unique_ptr<posix::SignalWatch> watch = watchFor(orders);
    const Published published(orders, settings.pidFile);
    const std::unique_ptr<LogOutput> log = logOf(settings);
    const InstalledLog installed(*log, settings.logLevel);
    if (given != nullptr) return runService(settings, *given, maker, *log, orders);
    Reactor reactor(std::move(driver));
    return runService(settings, reactor, maker, *log, orders);
  } catch (const ConfigurationError& error) {
    complain(settings.name, error.what());
    return kExitUsage;
  } catch (const CannotStart& error) {
    complain(settings.name, error.what());
    return kExitCannotStart;
  }
}

}  // namespace teasel::detail
