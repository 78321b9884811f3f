#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/fakes/play/climate.hpp>
#include <teasel/fakes/play/play.hpp>
#include <teasel/fakes/world/world.hpp>

namespace teasel::fakes {

/// How many bytes the first message has, of `bytes`, which are all that a connection sends from
/// here on. 0 means all of them. `records` are the choices of the input, for a format that depends
/// on one.
using MessageSize = std::size_t (*)(ByteView bytes, std::span<const ChoiceRecord> records);
/// A message ends with a newline.
std::size_t lineSize(ByteView bytes, std::span<const ChoiceRecord> records = {}) noexcept;

/// What an engine must know of a scenario before it runs it.
struct ScenarioOptions {
  /// The byte that introduces events in fuzzer inputs, or none. Take one that the protocol seldom
  /// sends.
  std::optional<std::uint8_t> introducer = 0xF5;
  /// The limits of Plays for the scenario. Allow one connection to a protocol that knows nothing of
  /// others.
  PlayLimits play{};
  /// What Play::draw makes: the words of the protocol, connections, application operations. Words
  /// are borrowed and must have static lifetime.
  PlayShape shape{};
  /// Finds the messages for mutations of whole messages. Set it for a protocol that does not speak
  /// lines. It gets arbitrary bytes.
  MessageSize messageSize = lineSize;
  /// The world in which it runs: limits, faults, windows.
  WorldOptions world{};
  /// What climates of its runs must not have. Faults that `world` has are there in every climate.
  ClimateLimits climate{};
  /// Whether its protocols are there to hear something. Engines warn if they hear next to nothing
  /// (Health). False for a scenario that is about connections alone.
  bool talks = true;
};

/// One definition of a test that every engine can run. It is a function of a World whose Play and
/// Choices the engine has filled. The function sets the world up (listens, connects, says what
/// application actions do), calls world.run(), and checks what came of it. It reports only by
/// world.check and world.fail, never by an exception, and keeps no state from one run to the next.
class Scenario {
 public:
  using Function = void (*)(World&);
  Scenario(const char* name, const char* about, Function function, Site site, ScenarioOptions options = {}) noexcept
      : name_(name), about_(about), function_(function), site_(site), options_(options) {}

  std::string_view name() const noexcept { return name_; }
  std::string_view about() const noexcept { return about_; }
  Site site() const noexcept { return site_; }
  const ScenarioOptions& options() const noexcept { return options_; }
  /// Runs it in a world that was reset and whose Play and Choices are set. First a climate is drawn
  /// (World::drawClimate). An exception that
  /// escapes the function is a verdict. True when there is no verdict.
  bool run(World& world) const;

 private:
  const char* name_;
  const char* about_;
  Function function_;
  Site site_;
  ScenarioOptions options_;
};

/// Every scenario that is linked into this program, sorted by name. Throws UsageError when two have
/// the same name.
std::vector<const Scenario*> scenarios();
/// The scenario of this name; null when there is none.
const Scenario* findScenario(std::string_view name);

namespace detail {
/// Links a static Scenario into the registry. The order of initialisation does not matter.
class ScenarioEntry {
 public:
  ScenarioEntry(const char* name, const char* about, Scenario::Function function, Site site,
                ScenarioOptions options = {}) noexcept;
  Scenario scenario;
  ScenarioEntry* next;
};
}  // namespace detail

/// Defines and registers a scenario. `world` is its World.
///
///     TEASEL_SCENARIO(echo, "every line comes back") {
///       world.host().reactor().listenTCP(7, Factory::forProtocol<Echo>());
///       world.run();
///       world.check(world.peer(0).received() == ..., "echo");
///     }
///
/// A third argument gives options: TEASEL_SCENARIO(name, "about", options()), where options()
/// returns ScenarioOptions.
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
