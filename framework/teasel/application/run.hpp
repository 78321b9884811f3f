#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/application/service.hpp>
#include <teasel/endpoints/endpoints.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel {

/// What a program that run() runs gives to its caller. A second signal ends the process by that
/// signal, which a shell shows as 128 plus its number (143 for SIGTERM).
enum ExitStatus : std::uint8_t {
  /// It was stopped and has ended in order. Also --help and --version.
  kExitClean = 0,
  /// The service failed: it could not start (a port in use), ran into an error, or did not stop.
  kExitFailed = 1,
  /// The command line or the configuration file is wrong.
  kExitUsage = 2,
  /// A living process has the PID file, or a file or the driver cannot be opened.
  kExitCannotStart = 3,
};

/// What the user of the program asks for makes no sense. A maker throws it for an option with a
/// value that it cannot use. run() then prints the text and returns kExitUsage.
class ConfigurationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One run of a program: what the maker of its service gets. It lives until run() returns. A test
/// may make one by itself, with the reactor of a world.
class Launch {
 public:
  /// `complain` gets what fail() is told.
  Launch(Reactor& loop, std::string name, std::vector<std::string> listen,
         std::function<void(std::string_view)> complain = nullptr);
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  /// The loop that the service runs on. It starts after the maker has returned.
  Reactor& reactor;
  const std::string& name() const noexcept { return name_; }
  /// The descriptions of --listen, or the defaults of Application::listens.
  const std::vector<std::string>& listen() const noexcept { return listen_; }

  /// A service that listens on everything in listen(), each by serverFromString, and serves it with
  /// `factory`. It logs "listening on ADDRESS" for each port. Throws ConfigurationError when a
  /// description cannot be read or when there is none. A port in use comes out when the service
  /// starts; what listened already is stopped then.
  std::shared_ptr<Service> serve(const std::shared_ptr<Factory>& factory);
  /// The same for one description.
  std::shared_ptr<Service> serve(const std::string& description, const std::shared_ptr<Factory>& factory);
  /// The same for an endpoint, for example of a kind that is registered with the caller's
  /// EndpointKinds.
  std::shared_ptr<Service> serve(std::shared_ptr<StreamServerEndpoint> endpoint, const std::shared_ptr<Factory>& factory);

  /// Ends the program because of an error: logs `why`, stops the service, and makes run() return
  /// kExitFailed. Only the first call says why. Call it in the reactor's thread. To end without an
  /// error, call reactor.stop().
  void fail(std::string_view why);
  bool failed() const noexcept { return failed_; }

 private:
  std::string name_;
  std::vector<std::string> listen_;
  std::function<void(std::string_view)> complain_;
  bool failed_ = false;
};

/// A program around a service (Twisted: twistd). It reads the options, writes the log and the PID
/// file, tells the supervisor when the service is ready, and ends in order on a signal:
///
///     int main(int argc, char** argv) {
///       std::string quote = "An apple a day keeps the doctor away";
///       Application application("qotd_server", "Sends the quote of the day.");
///       application.listens("tcp:8007:interface=127.0.0.1");
///       application.add("quote", "TEXT", "the quote", quote);
///       return application.run(argc, argv, [&](Launch& launch) {
///         return launch.serve(std::make_shared<QOTDFactory>(quote));
///       });
///     }
///
/// Each option is also a key of the file that --config names, without its dashes; TOML is the
/// format. The command line wins over the file. Each program has these options:
///
///     --listen STRING       where to listen (after listens() only); may be given several times
///     --reactor NAME        the driver (not when the caller brings a reactor)
///     --config FILE         a TOML file of at most 64 KiB with options
///     --pid-file FILE       holds the process number while the program runs
///     --log FILE            appends the log to FILE; "stderr" is the default
///     --log-format FORMAT   text or json: one line for each event
///     --log-level LEVEL     debug, info, warn, error or critical; info is the default
///     --help, --version
///
/// SIGTERM and SIGINT stop the service; run() returns when it has stopped. A second one ends the
/// process at once, and removes only the PID file. SIGHUP opens the log file anew (log rotation).
/// SIGPIPE is ignored from then on. If NOTIFY_SOCKET is set (systemd, Type=notify), READY=1 goes
/// there when the service has started, and STOPPING=1 when it begins to stop.
///
/// What is wrong is said in one line on standard error, and in the log if that goes elsewhere.
class Application {
 public:
  /// Makes the service of a run, out of the options that the caller has bound. It may throw: a
  /// ConfigurationError leads to kExitUsage, anything else to kExitFailed.
  using Maker = std::function<std::shared_ptr<Service>(Launch&)>;

  /// `name` is what messages begin with. `about` is a sentence for --help. --version prints the
  /// name, `version` and Teasel's version.
  explicit Application(std::string name, std::string about = {}, std::string version = {});
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application();

  /// Gives the program --listen. `description` is for serverFromString, and holds if neither the
  /// command line nor the file says where to listen. Each call adds one.
  Application& listens(std::string description);

  /// Adds an option. `name` has no dashes ("quote"); it consists of lower-case letters, digits and
  /// dashes. `value` is what --help calls the value. `target` holds the default, and must outlive
  /// run(), which changes it. Throws UsageError for a name that is malformed or taken.
  Application& add(std::string name, std::string value, std::string about, std::string& target);
  Application& add(std::string name, std::string value, std::string about, int& target);
  Application& add(std::string name, std::string value, std::string about, std::int64_t& target);
  /// For an option that may be given several times; in the file it is a string or an array. What is
  /// given replaces the default as a whole.
  Application& add(std::string name, std::string value, std::string about, std::vector<std::string>& target);
  /// Adds a switch, which takes no value on the command line, and true or false in the file.
  Application& add(std::string name, std::string about, bool& target);

  /// Runs the program, and returns its ExitStatus for main. Throws UsageError when called a second
  /// time. A process can run one program at a time.
  int run(int argc, const char* const* argv, const Maker& maker);
  /// The same for a service that exists already.
  int run(std::shared_ptr<Service> service, int argc, const char* const* argv);
  /// The same for a service on a reactor of the caller's, which has not run yet. There is no option
  /// --reactor then.
  int run(Reactor& reactor, std::shared_ptr<Service> service, int argc, const char* const* argv);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs a service as a program without options of its own, under the name that argv[0] has. For a
/// service that needs no reactor; see Application for the others.
int run(std::shared_ptr<Service> service, int argc, const char* const* argv);
/// The same for a service on a reactor of the caller's, which has not run yet.
int run(Reactor& reactor, std::shared_ptr<Service> service, int argc, const char* const* argv);
/// The same for a service that `maker` makes on the reactor that --reactor chooses.
int run(const Application::Maker& maker, int argc, const char* const* argv);

}  // namespace teasel
