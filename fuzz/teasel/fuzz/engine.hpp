#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <teasel/core/byte_view.hpp>
#include <teasel/fakes/play/play_codec.hpp>
#include <teasel/fakes/play/tape.hpp>
#include <teasel/fakes/program/health.hpp>
#include <teasel/fakes/world/scenario.hpp>
#include <teasel/fuzz/input_facts.hpp>
#include <teasel/fuzz/thrift.hpp>

namespace teasel::fuzz {

struct EngineOptions {
  /// Name of the program, for tapes.
  std::string target;
  /// These verdicts are ignored, so that a campaign goes on after it has found them: an oracle with
  /// all its faults, or one fault of it (fakes::Verdict::fault).
  std::vector<std::string> ignored;
  /// What is recorded of a run. Campaigns need nothing, because a finding is replayed with
  /// everything recorded.
  fakes::Trace::Mode trace = fakes::Trace::Mode::kOff;
  /// The counters of the code under test. With them, spare() can tell what is new; see Thrift.
  std::span<std::uint8_t> counters{};
};

/// What became of an input.
enum class InputOutcome : std::uint8_t {
  kQuiet,    ///< no verdict
  kIgnored,  ///< a verdict that is ignored; a corpus need not keep it
  kFinding,  ///< a verdict
};

/// Runs one scenario again and again on the bytes of a fuzzer. It uses one world, which keeps its
/// memory. It knows no fuzzer: the entry points of libFuzzer (fuzz_main.cpp) and tests use it in
/// the same way. The same bytes have the same outcome, whatever ran before.
class Engine {
 public:
  /// `scenario` must outlive the engine.
  explicit Engine(const fakes::Scenario& scenario, EngineOptions options = {});

  /// Makes a Play and choices from the bytes, and runs the scenario with them. Any bytes will do.
  InputOutcome run(ByteView bytes);
  /// From now on, dear checks see a part of the inputs only: those that do something new, and a
  /// share (Thrift). Nothing changes without counters.
  void spare() noexcept {
    if (thrift_) thrift_->begin();
  }
  /// Whether the scenario has dear checks that have not seen this input, which the fuzzer has kept.
  bool owes(ByteView bytes) const;
  /// Whether this is the input of the last run(). The mutator is given it, too, to change it
  /// further: that does not mean that the fuzzer has kept it.
  bool ranLast(ByteView bytes) const noexcept { return thrift_ && bytes == ByteView(lastInput_); }
  /// Has them see it.
  InputOutcome judge(ByteView bytes);

  const fakes::Scenario& scenario() const noexcept { return scenario_; }
  /// The world as the last run left it, with the verdict.
  fakes::World& world() noexcept { return world_; }
  /// The input of the last run as a tape: the decoded Play and choices, and the oracle of the
  /// verdict if there is one.
  fakes::Tape tape();

  /// What a run of these bytes does. It is known of the last run if that run drew its choices from
  /// records, and of some runs before. Otherwise the input is run once more, with every draw
  /// recorded, unless that would make more than one run in kRunsPerFactRun: then the result is
  /// null. Afterwards world() is that of the further run. The facts live as long as the engine; a
  /// later call may overwrite them.
  const InputFacts* factsOf(ByteView bytes);
  static constexpr std::uint64_t kRunsPerFactRun = 16;

  /// Whether the inputs said anything to the protocols.
  const fakes::Health& health() const noexcept { return health_; }
  /// Calls of run().
  std::uint64_t runs() const noexcept { return runs_; }
  /// Runs that factsOf() made.
  std::uint64_t factRuns() const noexcept { return factRuns_; }
  /// How many inputs the dear checks have seen, if there are counters.
  std::uint64_t judged() const noexcept { return judged_; }

 private:
  class Judging;

  void take(ByteView bytes, fakes::Recording recording);
  bool ran(ByteView bytes);
  bool ranOnce(ByteView bytes);
  InputOutcome outcome(bool quiet) const;

  const fakes::Scenario& scenario_;
  EngineOptions options_;
  fakes::CodecOptions codec_;
  fakes::WorldOptions worldOptions_;
  fakes::World world_;
  std::vector<fakes::ChoiceRecord> records_;
  std::string last_;  // the bytes of the last run
  FactTable facts_;
  fakes::Health health_;
  std::optional<Thrift> thrift_;
  std::string lastInput_;  // of run()
  bool hasDear_ = false;   // a dear check has asked
  std::uint64_t runs_ = 0, factRuns_ = 0, judged_ = 0;
};

}  // namespace teasel::fuzz
