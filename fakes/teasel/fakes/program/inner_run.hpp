#pragma once

namespace teasel::fakes {

class World;

/// Says that a property of a scenario runs a world of its own now. When the process dies or hangs
/// while an InnerRun lives, the report names the property and the delivery, and draws that world
/// instead of the scenario's. Make it around the run. Inner runs may be nested; the last one
/// counts.
class InnerRun {
 public:
  /// The texts are borrowed: the name of the property's oracle, and how the input is delivered
  /// ("bytewise"). `number` counts the runs of the property from 1.
  InnerRun(World& world, const char* property, const char* delivery, unsigned number) noexcept;
  InnerRun(const InnerRun&) = delete;
  InnerRun& operator=(const InnerRun&) = delete;
  ~InnerRun();

  /// Whether a report would draw the inner world. Then it must log its trace.
  static bool drawn() noexcept;

 private:
  friend struct InnerRunReader;
  World& world_;
  const char* property_;
  const char* delivery_;
  unsigned number_;
  const InnerRun* outer_;
};

}  // namespace teasel::fakes
