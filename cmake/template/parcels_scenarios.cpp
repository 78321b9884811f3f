#include <teasel/fakes/world/scenario.hpp>
#include <teasel/props/properties.hpp>

#include "parcels.hpp"

namespace {

/// Reports what it hears, for deliveries in other cuts to be compared with.
class Reporting final : public Parcels {
 public:
  explicit Reporting(teasel::props::EventLog& log) : log_(log) {}

 protected:
  void parcelReceived(char kind, teasel::ByteView payload) override {
    log_.event("parcel", std::string(1, kind) + payload.str());
    Parcels::parcelReceived(kind, payload);
  }

 private:
  teasel::props::EventLog& log_;
};

/// Where the first parcel ends, for mutations of whole parcels; 0: it is not complete.
std::size_t parcelSize(teasel::ByteView bytes, std::span<const teasel::fakes::ChoiceRecord>) {
  const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const std::size_t header = bytes[0] == 'l' ? 3 : 2;
  if (bytes.size() < header) return 0;
  const std::size_t size = header + (header == 3 ? byte(1) * 256u + byte(2) : byte(1));
  return size <= bytes.size() ? size : 0;
}

/// What engines send, besides bytes of their own.
constexpr std::string_view kWords[] = {{"e\2hi", 4}, {"t\0", 2}, {"e\0", 2}};

teasel::fakes::ScenarioOptions options() {
  teasel::fakes::ScenarioOptions options;
  options.shape.words = kWords;
  options.shape.connections = 1;
  options.messageSize = parcelSize;
  return options;
}

}  // namespace

TEASEL_SCENARIO(parcels, "what it hears and says does not depend on how its input is cut", options()) {
  const teasel::props::Subject subject = [](teasel::Reactor&, teasel::props::EventLog& log) {
    return std::make_shared<Reporting>(log);
  };
  if (teasel::props::serve(world, subject)) teasel::props::chunkInvariance(world, subject);
}
