#include <teasel/gtest/listener.hpp>

#include <optional>
#include <string>

#include <teasel/core/logger.hpp>
#include <teasel/core/observer.hpp>
#include <teasel/core/pass_through.hpp>
#include <teasel/fakes/world/leak_guard.hpp>
#include <teasel/gtest/detail/exit_guard.hpp>
#include <teasel/gtest/results.hpp>

namespace teasel::gtest {

namespace {

bool isGoogleTests(const std::type_info& kind) noexcept {
  return kind == typeid(testing::AssertionException) || kind == typeid(ResultError) ||
         std::string_view(kind.name()).find("GoogleTestFailureException") != std::string_view::npos;
}

class Listener final : public testing::EmptyTestEventListener, fakes::LeakSink, Observer, LogObserver {
 public:
  void OnTestStart(const testing::TestInfo&) override {
    leftovers_.clear();
    errors_.clear();
    outerSink_ = fakes::leak_guard::setSink(this);
    observer_.emplace(static_cast<Observer*>(this));
    log_.emplace(static_cast<LogObserver*>(this), LogLevel::kWarn);
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    log_.reset();
    observer_.reset();
    fakes::leak_guard::setSink(outerSink_);
    if (test.result()->Failed() || test.result()->Skipped()) return;
    for (const fakes::Leftover& each : leftovers_)
      ADD_FAILURE_AT(each.made.file == nullptr ? "unknown place" : each.made.file, each.made.line)
          << "left over at the end of the test: " << name(each.kind) << ": " << each.text;
    for (const Logged& each : errors_)
      ADD_FAILURE_AT(each.made.file == nullptr ? "unknown place" : each.made.file, each.made.line)
          << "an error was logged that the test did not expect (see flushLoggedErrors): " << each.message << ": " << each.failure;
  }

  std::vector<Failure> take(bool (*wanted)(const Failure&)) {
    std::vector<Failure> taken;
    std::erase_if(errors_, [&](const Logged& each) {
      const bool take = wanted(each.failure);
      if (take) taken.push_back(each.failure);
      return take;
    });
    return taken;
  }

 private:
  void leftover(const fakes::Leftover& what) override { leftovers_.push_back(what); }

  /// A Deferred logs its unhandled failure just before it reports it here. The report adds where
  /// the Deferred was made.
  void chainDied(std::uint64_t, Site made, bool, const Failure& unhandled) override {
    if (unhandled && !errors_.empty() && errors_.back().failure.same(unhandled)) errors_.back().made = made;
  }

  void onLog(const LogEvent& event) override {
    if (event.failure != nullptr) errors_.push_back({*event.failure, std::string(event.message), event.failure->where()});
    else logging::standardError().onLog(event);
  }

  struct Logged {
    Failure failure;
    std::string message;
    Site made;
  };
  std::vector<fakes::Leftover> leftovers_;
  std::vector<Logged> errors_;
  fakes::LeakSink* outerSink_ = nullptr;
  std::optional<Observer::Scope> observer_;
  std::optional<LogScope> log_;
};

Listener* installed = nullptr;

}  // namespace

void installListener() {
  if (installed != nullptr) return;
  detail::installExitGuard();
  addPassThrough(&isGoogleTests);
  logging::setDefault(&logging::standardError(), LogLevel::kWarn);
  installed = new Listener;
  testing::UnitTest::GetInstance()->listeners().Append(installed);  // which owns it
}

testing::TestEventListener* detail::installedListener() noexcept { return installed; }

std::vector<Failure> detail::takeLoggedErrors(bool (*wanted)(const Failure&)) {
  return installed == nullptr ? std::vector<Failure>() : installed->take(wanted);
}

}  // namespace teasel::gtest
