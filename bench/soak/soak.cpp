#include "soak.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <ostream>
#include <system_error>
#include <thread>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/drivers.hpp>

#include "side.hpp"
#include "usage.hpp"

namespace teasel::soak {
namespace {

using Watch = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A reactor whose loop does not come round for so long hangs; nothing can be done for it.
constexpr Duration kHung = std::chrono::minutes(2);
/// So many findings are enough.
constexpr std::size_t kEnough = 10;

/// A folder for sockets, which is removed with all that is in it.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/soak-XXXXXX";  // short, because the path of a socket is
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "a folder in /tmp");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

class Run {
 public:
  Run(const Options& options, std::ostream& out)
      : options_(options), out_(out), shared_(options.seed, options.only, options.fault), began_(Watch::now()), saidAt_(began_) {
    shared_.folder = folder_.path();
    shared_.atOnce = options.atOnce;
    shared_.standstill = options.standstill;
  }

  Result operator()() {
    const std::size_t before = openDescriptors();
    server_ = makeServer(shared_, options_.driver);
    client_ = makeClient(shared_, options_.driver);
    std::jthread serving([this] { server_->run(); });
    wait([this] { return server_->told().ready.load(); });
    std::jthread calling([this] { client_->run(); });
    wait([this] { return client_->told().ready.load(); });
    const std::size_t descriptors = restingDescriptors();
    half(1, descriptors);
    const std::size_t middle = heapInUse();
    if (shared_.findings.count() < kEnough) {
      half(2, descriptors);
      compareMemory(middle, heapInUse());
    }
    shared_.stage = Stage::kStop;
    calling.join();
    serving.join();
    last_ = result();
    client_.reset();
    server_.reset();
    if (const std::size_t after = openDescriptors(); after != before)
      add(std::to_string(after) + " descriptors are open after the end, " + std::to_string(before) + " before the beginning");
    sayFindings();
    return result();
  }

 private:
  void add(std::string what) { shared_.findings.add(Finding::kNoNumber, std::move(what)); }

  /// Lets connections begin until this half is over, then waits until none is left.
  void half(int which, std::size_t descriptors) {
    const auto until = Watch::now() + options_.time / 2;
    const std::uint64_t upTo = options_.connections.value_or(std::numeric_limits<std::uint64_t>::max());
    shared_.upTo = options_.connections && which == 1 ? upTo / 2 : upTo;
    shared_.stage = Stage::kTalk;
    wait([&] { return options_.connections ? allBegun() : Watch::now() >= until; });
    ++shared_.rests;
    shared_.stage = Stage::kRest;
    awaitRest();
    shared_.ledger.atRest();
    // What has just been closed may take a moment.
    std::size_t now = openDescriptors();
    for (int tries = 0; tries < 600 && now > descriptors; ++tries) pass(), now = openDescriptors();
    if (now > descriptors)
      add(std::to_string(now) + " descriptors are open at rest, " + std::to_string(descriptors) + " before the first connection");
  }

  /// The fleeting ports are open at the beginning; they belong to no rest.
  std::size_t restingDescriptors() {
    awaitRest();
    return openDescriptors();
  }

  void awaitRest() {
    wait([this] { return client_->told().rested >= shared_.rests && server_->told().rested >= shared_.rests; }, kEndless);
  }

  bool allBegun() const { return shared_.ledger.begunInAll() >= shared_.upTo; }

  static constexpr bool kEndless = true;
  /// Waits, and watches over the two loops meanwhile. Enough findings end it, unless it is endless.
  template <class Done>
  void wait(Done done, bool endless = false) {
    while (!done() && (endless || shared_.findings.count() < kEnough)) pass();
  }

  void pass() {
    std::this_thread::sleep_for(milliseconds(5));
    const auto now = Watch::now();
    watch(Role::kServer, server_.get(), now);
    watch(Role::kClient, client_.get(), now);
    sayFindings();
    if (now - saidAt_ < options_.every) return;
    saidAt_ = now;
    const Result soFar = result();
    out_ << summary(options_, soFar) << ", " << client_->told().living.load() << " open, " << soFar.findingsInAll << " findings"
         << '\n'
         << std::flush;
  }

  /// Those that are new.
  void sayFindings() {
    if (said_ == shared_.findings.count()) return;
    const std::vector<Finding> all = shared_.findings.all();
    for (; said_ < all.size(); ++said_) out_ << text(options_, all[said_]) << std::flush;
  }

  struct Loop {
    std::uint64_t ticks = 0;
    Watch::time_point at{};
  };

  void watch(Role role, const Side* side, Watch::time_point now) {
    if (side == nullptr || !side->told().ready) return;
    Loop& loop = loops_[static_cast<int>(role)];
    const std::uint64_t ticks = side->told().ticks;
    if (std::exchange(loop.ticks, ticks) != ticks || loop.at == Watch::time_point{}) loop.at = now;
    else if (now - loop.at > kHung && side->told().rested != kBrokenOff) hang(role);
  }

  /// The thread cannot be ended; so the program ends here.
  [[noreturn]] void hang(Role role) {
    add(std::string("the reactor of the ") + name(role) + " hangs: its loop has not come round for " + durationText(kHung));
    for (const Finding& finding : shared_.findings.all()) out_ << text(options_, finding);
    out_ << "soak: to repeat: ci/soak --reactor " << options_.driver << " --seed " << options_.seed << '\n' << std::flush;
    std::_Exit(1);
  }

  void compareMemory(std::size_t middle, std::size_t end) {
    if (end <= middle + kMemoryGrowth) return;
    add("memory grows: " + std::to_string(middle) + " bytes were in use at rest in the middle, " + std::to_string(end) +
        " at the end; the limit is " + std::to_string(kMemoryGrowth) + " more");
  }

  Result result() const {
    Result result = last_;
    result.connections = shared_.ledger.begunInAll();
    for (const Side* side : {client_.get(), server_.get()}) {
      if (side == nullptr) continue;
      const Told& told = side->told();
      result.bytes += told.bytes;
      result.resets += told.resets;
      result.halfCloses += told.halfCloses;
      result.aborts += told.aborts;
    }
    result.took = Watch::now() - began_;
    result.findings = shared_.findings.all();
    result.findingsInAll = shared_.findings.count();
    return result;
  }

  const Options options_;
  std::ostream& out_;
  const Folder folder_;
  Shared shared_;
  const Watch::time_point began_;
  Watch::time_point saidAt_;
  Loop loops_[2];
  std::unique_ptr<Side> server_, client_;
  std::size_t said_ = 0;  // of the findings
  Result last_;           // what the sides told, once they are gone
};

std::string inMegabytes(std::uint64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

}  // namespace

Result run(const Options& options, std::ostream& out) {
  static_cast<void>(makeDriver(options.driver));  // throws here and not in a thread
  return Run(options, out)();
}

std::string text(const Options& options, const Finding& finding) {
  const std::string begin = "soak: " + options.driver + ": FINDING: ";
  if (finding.number == Finding::kNoNumber) return begin + finding.what + '\n';
  const std::uint64_t which = options.only.value_or(finding.number);
  return begin + "connection " + std::to_string(finding.number) + ": " + finding.what +
         "\n    its plan: " + makePlan(options.seed, which).text() + "\n    to repeat it alone: ci/soak --reactor " +
         options.driver + " --seed " + std::to_string(options.seed) + " --only " + std::to_string(which) +
         " --connections 1000\n";
}

std::string summary(const Options& options, const Result& result) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(result.took).count();
  return "soak: " + options.driver + ": " + std::to_string(seconds) + " s, " + std::to_string(result.connections) +
         " connections, " + inMegabytes(result.bytes) + ", " + std::to_string(result.resets) + " resets heard, " +
         std::to_string(result.halfCloses) + " half-closes, " + std::to_string(result.aborts) + " aborts";
}

}  // namespace teasel::soak
