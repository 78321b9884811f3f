#include <teasel/fakes/play/choices.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

#include <teasel/core/check.hpp>
#include <teasel/fakes/play/odometer.hpp>

namespace teasel::fakes {
namespace {

std::uint64_t packed(ChoiceKey key) { return (std::uint64_t{key.entity} << 16) | key.site; }
/// Where a key belongs in the table. One product is enough to bring keys apart that differ little.
std::size_t placeOf(std::uint64_t key) { return static_cast<std::size_t>((key * detail::kGolden) >> 40); }
auto keyOf(const ChoiceRecord& record) { return std::tuple(record.entity, record.site, record.index); }
bool byKey(const ChoiceRecord& a, const ChoiceRecord& b) { return keyOf(a) < keyOf(b); }

}  // namespace

void normalise(std::vector<ChoiceRecord>& records) {
  if (!std::is_sorted(records.begin(), records.end(), byKey)) {
    // Not std::stable_sort, because libstdc++ uses something in it that Clang calls deprecated.
    // Among equals the place decides.
    std::vector<std::pair<ChoiceRecord, std::size_t>> placed;
    placed.reserve(records.size());
    for (const ChoiceRecord& record : records) placed.emplace_back(record, placed.size());
    std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
      const auto left = keyOf(a.first), right = keyOf(b.first);
      return left != right ? left < right : a.second < b.second;
    });
    std::transform(placed.begin(), placed.end(), records.begin(), [](const auto& each) { return each.first; });
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool superseded = i + 1 < records.size() && keyOf(records[i]) == keyOf(records[i + 1]);
    if (!superseded && records[i].value != 0) records[kept++] = records[i];
  }
  records.resize(kept);
}

void Choices::begin(Source source) {
  source_ = source;
  records_.clear();
  given_.clear();
  used_ = clamped_ = unrecorded_ = 0;
  open_ = 0;
  odometer_ = nullptr;
  seeded_ = false;
  if (++generation_ == 0) {  // after 2^32 runs an old mark would look new
    for (Stream& stream : streams_) stream.generation = 0;
    generation_ = 1;
  }
}

void Choices::useCalm() noexcept { begin(Source::kCalm); }

void Choices::usePrng(std::uint64_t seed, Swarm swarm) {
  begin(Source::kPrng);
  setSeed(seed, swarm);
}

/// What all streams of a run share is computed once: a run has many short streams.
void Choices::setSeed(std::uint64_t seed, Swarm swarm) noexcept {
  mixedSeed_ = detail::mixedSeed(seed);
  // Nobody is entity ~0. Its numbers say which sites take part. In one of eight seeds all of them
  // do.
  swarm_ = swarm == Swarm::kOn && swarmCoin(0) % 8 == 0 ? Swarm::kOff : swarm;
}

std::uint64_t Choices::swarmCoin(std::uint16_t site) const noexcept {
  return detail::streamNumber(detail::streamSeedOf(mixedSeed_, ChoiceKey(~0u, site)), ~0u);
}

void Choices::useRecords(std::span<const ChoiceRecord> records, Recording recording) {
  begin(records.empty() && recording == Recording::kIfRecords ? Source::kCalm : Source::kRecords);
  given_.assign(records.begin(), records.end());
  normalise(given_);
  for (ChoiceRecord& record : given_) record.bound = 0;
  takeClimateSeed();
}

void Choices::takeClimateSeed() {
  const ChoiceRecord key{0, static_cast<std::uint16_t>(ChoiceSite::kClimateSeed), 0, 0, 0};
  const auto found = std::lower_bound(given_.begin(), given_.end(), key, byKey);
  if (found == given_.end() || keyOf(*found) != keyOf(key)) return;
  found->bound = ~std::uint64_t{0};
  ++used_;
  setSeed(found->value, Swarm::kOn);
  seeded_ = true;
}

bool Choices::hasDrawn(const ChoiceRecord& record) const {
  const auto found = std::lower_bound(given_.begin(), given_.end(), record, byKey);
  return found != given_.end() && keyOf(*found) == keyOf(record) && found->bound != 0;
}

void Choices::useOdometer(Odometer& odometer) {
  begin(Source::kOdometer);
  odometer_ = &odometer;
}

std::uint64_t Choices::draw(std::uint64_t bound, ChoiceKey key, Ratio ratio) {
  if (records_.size() == kMaxDraws) {
    ++unrecorded_;
    return 0;
  }
  Stream& stream = streamOf(key);
  std::uint64_t value = 0;
  if (source_ == Source::kPrng) value = drawPrng(stream, bound, ratio);
  else if (source_ == Source::kRecords) value = drawRecord(stream, bound, key, ratio);
  else value = odometer_->draw(bound, key);
  records_.push_back({key.entity, key.site, stream.index, bound, value});
  ++stream.index;
  return value;
}

std::uint64_t Choices::drawPrng(const Stream& stream, std::uint64_t bound, Ratio ratio) const {
  if (stream.off) return 0;
  const std::uint64_t random = detail::streamNumber(stream.seed, stream.index);
  if (ratio.n == 0) return detail::scaled(random, bound);
  return detail::scaled(random, ratio.d) < ratio.n ? 1 : 0;
}

std::uint64_t Choices::drawRecord(Stream& stream, std::uint64_t bound, ChoiceKey key, Ratio ratio) {
  const auto matches = [&](const ChoiceRecord& next) {
    return next.entity == key.entity && next.site == key.site && next.index == stream.index;
  };
  if (stream.cursor == given_.size() || !matches(given_[stream.cursor]))
    return seeded_ && key.site < kUserSites ? drawPrng(stream, bound, ratio) : 0;
  ChoiceRecord& next = given_[stream.cursor];
  next.bound = bound;
  ++stream.cursor;
  ++used_;
  if (next.value < bound) return next.value;
  ++clamped_;
  return bound - 1;
}

Choices::Stream& Choices::streamOf(ChoiceKey key) {
  if ((open_ + 1) * 2 > streams_.size()) growTable();
  const std::size_t mask = streams_.size() - 1;
  for (std::size_t place = placeOf(packed(key)) & mask;; place = (place + 1) & mask) {
    Stream& stream = streams_[place];
    if (stream.generation != generation_) {
      openStream(stream, key);
      return stream;
    }
    if (stream.key == packed(key)) return stream;
  }
}

void Choices::openStream(Stream& stream, ChoiceKey key) {
  ++open_;
  stream = Stream{};
  stream.key = packed(key);
  stream.generation = generation_;
  if (source_ == Source::kPrng || seeded_) {
    stream.seed = detail::streamSeedOf(mixedSeed_, key);
    stream.off = swarm_ == Swarm::kOn && !drawsPlay(key.site) && swarmCoin(key.site) % 2 != 0;
  }
  if (source_ == Source::kRecords && !given_.empty()) {
    const ChoiceRecord first{key.entity, key.site, 0, 0, 0};
    stream.cursor = static_cast<std::uint32_t>(std::lower_bound(given_.begin(), given_.end(), first, byKey) - given_.begin());
  }
}

void Choices::growTable() {
  std::vector<Stream> old(streams_.empty() ? 64 : streams_.size() * 2);
  old.swap(streams_);
  const std::size_t mask = streams_.size() - 1;
  for (const Stream& stream : old) {
    if (stream.generation != generation_) continue;
    std::size_t place = placeOf(stream.key) & mask;
    while (streams_[place].generation == generation_) place = (place + 1) & mask;
    streams_[place] = stream;
  }
}

}  // namespace teasel::fakes
