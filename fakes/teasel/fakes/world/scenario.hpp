#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {

/// How many bytes the first message has of all that a connection sends from here on; 0: all of
/// them. `records` are the choices of the input, for a format that depends on one.
using MessageSize = std::size_t (*)(ByteView bytes, std::span<const ChoiceRecord> records);
/// A message is what a newline ends.
std::size_t lineSize(ByteView bytes, std::span<const ChoiceRecord> records = {}) noexcept;

/// What engines need to know of a scenario before they run it.
struct ScenarioOptions {
  /// The byte that introduces events in fuzzer inputs; pick one that the protocol says seldom, or
  /// none.
  std::optional<std::uint8_t> introducer = 0xF5;
  /// Limits of Plays made for it; one connection for a protocol that knows nothing of others.
  PlayLimits play{};
  /// What Play::draw makes: words that the protocol speaks, connections, application operations.
  /// Words are borrowed and must have static lifetime.
  PlayShape shape{};
  /// Where mutations of whole messages find those: say it for a protocol of other than lines. It
  /// gets any bytes.
  MessageSize messageSize = lineSize;
  /// The world it runs in: limits, faults, windows.
  WorldOptions world{};
};

/// One definition of a test that every engine can run: a function of a World whose Play and Choices
/// the engine has filled. It sets the world up (listens, connects, says what application actions
/// do), calls world.run() and checks what came of it, all by world.check and world.fail: never by
/// exceptions, never with state that survives a run.
class Scenario {
 public:
  using Function = void (*)(World&);
  Scenario(const char* name, const char* about, Function function, Site site, ScenarioOptions options = {}) noexcept
      : name_(name), about_(about), function_(function), site_(site), options_(options) {}

  std::string_view name() const noexcept { return name_; }
  std::string_view about() const noexcept { return about_; }
  Site site() const noexcept { return site_; }
  const ScenarioOptions& options() const noexcept { return options_; }
  /// Runs it in a world that was reset and whose Play and Choices are set. An exception that
  /// escapes it is a verdict. Returns whether there is none.
  bool run(World& world) const;

 private:
  const char* name_;
  const char* about_;
  Function function_;
  Site site_;
  ScenarioOptions options_;
};

/// Every scenario linked into this program, sorted by name. Throws UsageError when two have the
/// same name.
std::vector<const Scenario*> scenarios();
/// Null when there is none of that name.
const Scenario* findScenario(std::string_view name);

namespace detail {
/// Links a static Scenario into the registry; order of initialisation does not matter.
class ScenarioEntry {
 public:
  ScenarioEntry(const char* name, const char* about, Scenario::Function function, Site site,
                ScenarioOptions options = {}) noexcept;
  Scenario scenario;
  ScenarioEntry* next;
};
}  // namespace detail

/// Defines and registers a scenario; `world` is its World.
///
///     TEASEL_SCENARIO(echo, "every line comes back") {
///       world.host().reactor().listenTCP(7, Factory::forProtocol<Echo>());
///       world.run();
///       world.check(world.peer(0).received() == ..., "echo");
///     }
///
/// A third argument gives options: TEASEL_SCENARIO(name, "about", options()) with `ScenarioOptions
/// options()`.
#define TEASEL_SCENARIO(name, ...)                                                                                    \
  static void teaselScenario_##name(::teasel::fakes::World& world);                                                   \
  static ::teasel::fakes::detail::ScenarioEntry teaselScenarioEntry_##name =                                          \
      ::teasel::fakes::detail::makeScenarioEntry(#name, &teaselScenario_##name, ::teasel::Site::here(), __VA_ARGS__); \
  static void teaselScenario_##name([[maybe_unused]] ::teasel::fakes::World& world)

namespace detail {
inline ScenarioEntry makeScenarioEntry(const char* name, Scenario::Function function, Site site, const char* about,
                                       const ScenarioOptions& options = {}) noexcept {
  return ScenarioEntry(name, about, function, site, options);
}
}  // namespace detail

}  // namespace teasel::fakes
