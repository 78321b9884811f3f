#include <teasel/fakes/play/chunk_plan.hpp>

#include <algorithm>

#include <teasel/core/errors.hpp>
#include <teasel/fakes/play/choices.hpp>

namespace teasel::fakes {

ChunkPlan ChunkPlan::every(std::size_t size) {
  ChunkPlan plan;
  plan.every_ = std::max<std::size_t>(size, 1);
  return plan;
}

ChunkPlan ChunkPlan::sizes(const std::vector<std::size_t>& sizes) {
  ChunkPlan plan;
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    if (size != 0) plan.cuts_.push_back(at += size);
  }
  return plan;
}

ChunkPlan ChunkPlan::cutAt(std::vector<std::size_t> positions) {
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  if (!positions.empty() && positions.front() == 0) positions.erase(positions.begin());
  ChunkPlan plan;
  plan.cuts_ = std::move(positions);
  return plan;
}

std::vector<ChunkPlan> ChunkPlan::everySplit(std::size_t n) {
  std::vector<ChunkPlan> plans;
  for (std::size_t at = 1; at < n; ++at) plans.push_back(cutAt({at}));
  return plans;
}

std::vector<ChunkPlan> ChunkPlan::allCuts(std::size_t n) {
  if (n > kMaxAllCuts) throw LimitExceeded("the length for ChunkPlan::allCuts", kMaxAllCuts, n);
  std::vector<ChunkPlan> plans;
  const std::uint32_t count = n == 0 ? 1 : 1u << (n - 1);
  plans.reserve(count);
  for (std::uint32_t mask = 0; mask < count; ++mask) plans.push_back(ofMask(mask));
  return plans;
}

ChunkPlan ChunkPlan::ofMask(std::uint32_t mask) {
  ChunkPlan plan;
  for (std::size_t bit = 0; bit < 32; ++bit) {
    if (((mask >> bit) & 1u) != 0) plan.cuts_.push_back(bit + 1);
  }
  return plan;
}

ChunkPlan ChunkPlan::drawn(std::size_t n, std::uint64_t seed) {
  const std::uint64_t stream = detail::streamSeed(seed, ChoiceKey(0, ChoiceSite::kChunkPlan));
  // a cut in 1 of 2^this places
  const std::uint64_t sparseness = detail::scaled(detail::streamNumber(stream, 0), 6);
  ChunkPlan plan;
  for (std::size_t at = 1; at < n; ++at) {
    if (detail::scaled(detail::streamNumber(stream, static_cast<std::uint32_t>(at)), std::uint64_t{1} << sparseness) == 0) {
      plan.cuts_.push_back(at);
    }
  }
  return plan;
}

ChunkPlan ChunkPlan::finWithLast() const {
  ChunkPlan plan = *this;
  plan.finWithLast_ = true;
  return plan;
}

std::vector<std::size_t> ChunkPlan::positions(std::size_t n) const {
  std::vector<std::size_t> out;
  if (every_ != 0) {
    for (std::size_t at = every_; at < n; at += every_) out.push_back(at);
  } else {
    out.assign(cuts_.begin(), std::lower_bound(cuts_.begin(), cuts_.end(), n));
  }
  return out;
}

std::string ChunkPlan::text() const {
  std::string out = "ChunkPlan::";
  if (every_ == 1) out += "bytewise()";
  else if (every_ != 0) out += "every(" + std::to_string(every_) + ")";
  else if (cuts_.empty()) out += "whole()";
  else {
    out += "cutAt({";
    for (std::size_t i = 0; i < cuts_.size(); ++i) out += (i == 0 ? "" : ", ") + std::to_string(cuts_[i]);
    out += "})";
  }
  return finWithLast_ ? out + ".finWithLast()" : out;
}

Play ChunkPlan::applyTo(const Play& play, unsigned k) const {
  std::size_t total = 0;
  for (const PlayEvent& event : play.events()) total += event.connection == k ? play.bytes(event).size() : 0;
  const std::vector<std::size_t> cuts = positions(total);
  Play out(play.limits());
  auto cut = cuts.begin();
  std::size_t sent = 0;
  for (const PlayEvent& event : play.events()) {
    const bool mine = event.connection == k;
    if (mine && event.kind == PlayEventKind::kCut) continue;
    if (mine && event.kind == PlayEventKind::kEndOfStream) {
      out.endOfStream(k, finWithLast_ || event.withLast());
      continue;
    }
    if (!mine || event.kind != PlayEventKind::kSend) {
      out.append(play, event);
      continue;
    }
    ByteView bytes = play.bytes(event);
    while (!bytes.empty()) {
      if (cut != cuts.end() && *cut == sent) out.cut(k), ++cut;
      const std::size_t size = std::min(bytes.size(), cut == cuts.end() ? bytes.size() : *cut - sent);
      out.send(k, bytes.sub(0, size));
      sent += size;
      bytes = bytes.sub(size);
    }
  }
  return out;
}

}  // namespace teasel::fakes
