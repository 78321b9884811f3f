#include <teasel/props/harness.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <teasel/fakes/program/inner_run.hpp>
#include <teasel/props/heap.hpp>
#include <teasel/props/measuring.hpp>
#include <teasel/protocol/factory.hpp>
#include <teasel/protocol/port.hpp>
#include <teasel/reactor/reactor.hpp>

namespace teasel::props {

namespace {

using fakes::Play;
using fakes::PlayEvent;
using fakes::PlayEventKind;

thread_local const char* property = nullptr;  // whose runs are made
thread_local unsigned runsMade = 0;           // for this property

constexpr std::uint32_t kMaxEvents = 3 * Harness::kMaxBytewise + 4096;

/// The factory of a server whose connections are subjects.
class SubjectFactory final : public Factory {
 public:
  explicit SubjectFactory(std::function<std::shared_ptr<Protocol>()> make) : make_(std::move(make)) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override { return make_(); }

 private:
  std::function<std::shared_ptr<Protocol>()> make_;
};

/// Keeps the logs as long as its protocols live: protocols keep their factory.
class ServedFactory final : public Factory {
 public:
  ServedFactory(const Subject& subject, Reactor& reactor) : make_(subject.begin(reactor)), reactor_(reactor) { noisy = false; }
  std::shared_ptr<Protocol> buildProtocol(const Address&) override {
    logs_.push_back(std::make_unique<EventLog>());
    return make_(reactor_, *logs_.back());
  }

 private:
  const Subject::Make make_;
  Reactor& reactor_;
  std::vector<std::unique_ptr<EventLog>> logs_;
};

}  // namespace

const char* name(Chunking chunking) noexcept {
  switch (chunking) {
    case Chunking::kAsPlayed: return "as played";
    case Chunking::kWhole: return "whole";
    case Chunking::kBytewise: return "bytewise";
    case Chunking::kAsDelivered: return "as delivered";
  }
  return "?";
}

RunsOf::RunsOf(const char* of) noexcept {
  property = of;
  runsMade = 0;
}
RunsOf::~RunsOf() { property = nullptr; }

Harness::Harness() { world_.play().setLimits({.events = kMaxEvents, .bytes = 2u << 20, .connections = Play::kMaxConnections}); }

// Makes steps that take no time follow each other without a turn between them.
void Harness::joinSteps() {
  std::array<std::uint32_t, Play::kMaxConnections> steps{};
  for (const PlayEvent& event : world_.play().events()) ++steps[event.connection];
  together_.clear();
  // Timers run before the end of stream. Their order is free, and it would differ with where input
  // is held back.
  together_.push_back({0, static_cast<std::uint16_t>(fakes::ChoiceSite::kPlayEnding), 0, 3, 1});
  for (std::uint32_t k = 0; k < steps.size(); ++k)
    for (std::uint32_t index = 0; index < steps[k]; ++index)
      together_.push_back({fakes::kPlayEntities + 2 * k, static_cast<std::uint16_t>(fakes::ChoiceSite::kOverlap), index, 2, 1});
  world_.choices().useRecords(together_);
}

void Harness::cutPlay(const Play& play, Chunking chunking) {
  Play& to = world_.play();
  to.clear();
  bytes_ = cutBytes_ = 0;
  sent_ = {};
  const auto events = play.events();
  std::array<bool, Play::kMaxConnections> ended{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    const PlayEvent& event = events[i];
    const fakes::EventRow& row = fakes::eventRow(event.kind);
    if (row.onConnection && ended[event.connection]) continue;
    if (row.ends) {
      ended[event.connection] = true;
      continue;
    }
    if (event.kind == PlayEventKind::kCut && chunking != Chunking::kAsPlayed) continue;
    switch (row.sends) {
      case fakes::EventSends::kNothing: to.append(play, event); break;
      case fakes::EventSends::kOwnBytes: sendCut(event.connection, play.bytes(event), chunking); break;
      // Redelivery counts sends, and chunking changes their number. So the bytes are sent
      // themselves.
      case fakes::EventSends::kEarlierBytes: sendCut(event.connection, play.earlierBytes(i), chunking); break;
      // How much output there was before an error is free, and an echo depends on it.
      case fakes::EventSends::kOutput: break;
    }
  }
}

void Harness::sendCut(unsigned connection, ByteView bytes, Chunking chunking) {
  Play& to = world_.play();
  bytes_ += bytes.size();
  std::uint64_t& sent = sent_[connection];
  for (const std::uint64_t cut : delivered_[connection]) {
    if (chunking != Chunking::kAsDelivered || cutBytes_ == kMaxBytewise) break;
    if (cut <= sent || cut > sent + bytes.size()) continue;
    const auto size = static_cast<std::size_t>(cut - sent);
    to.send(connection, bytes.sub(0, size));
    to.cut(connection);
    bytes = bytes.sub(size);
    sent = cut;
    ++cutBytes_;
  }
  sent += bytes.size();
  while (chunking == Chunking::kBytewise && !bytes.empty() && cutBytes_ < kMaxBytewise) {
    to.send(connection, bytes.sub(0, 1));
    to.cut(connection);
    bytes = bytes.sub(1);
    ++cutBytes_;
  }
  to.send(connection, bytes);
}

// Where the Play itself cuts: at cuts, and where time passes between two sends.
bool Harness::deliversOtherwise(fakes::World& outer) {
  constexpr std::size_t kConnections = Play::kMaxConnections;
  std::array<std::vector<std::uint64_t>, kConnections> played;
  std::array<std::uint64_t, kConnections> sent{};
  for (auto& each : delivered_) each.clear();
  const bool ran = !outer.network().deliveries().empty();
  const Play& play = outer.play();
  const auto events = play.events();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const PlayEvent& event = events[i];
    const fakes::EventRow& row = fakes::eventRow(event.kind);
    const unsigned k = event.connection;
    if (event.kind == PlayEventKind::kCut) played[k].push_back(sent[k]);
    for (std::size_t each = 0; row.takesTime && each < kConnections; ++each) played[each].push_back(sent[each]);
    const std::size_t size = row.sends == fakes::EventSends::kOwnBytes       ? play.bytes(event).size()
                             : row.sends == fakes::EventSends::kEarlierBytes ? play.earlierBytes(i).size()
                                                                             : 0;
    for (std::size_t left = size; !ran && left > 1;) {
      const std::uint64_t cut =
          outer.choices().below(left, fakes::ChoiceKey(fakes::kPlayEntities + 2 * k, fakes::ChoiceSite::kCut));
      if (cut == 0) break;
      left -= cut;
      delivered_[k].push_back(sent[k] + size - left);
    }
    sent[k] += size;
  }
  for (const fakes::Network::Delivery& each : outer.network().deliveries()) {
    const std::uint32_t k = (each.entity - fakes::kPlayEntities) / 2;
    // A second connection of this number begins at 0 again: the harness knows one.
    if (k < kConnections && (delivered_[k].empty() || delivered_[k].back() < each.upTo)) delivered_[k].push_back(each.upTo);
  }
  bool otherwise = false;
  for (std::size_t k = 0; k < kConnections; ++k) {
    for (const std::uint64_t cut : delivered_[k])
      otherwise = otherwise || (cut < sent[k] && std::find(played[k].begin(), played[k].end(), cut) == played[k].end());
    if (ran) continue;
    delivered_[k].insert(delivered_[k].end(), played[k].begin(), played[k].end());
    std::sort(delivered_[k].begin(), delivered_[k].end());
  }
  return otherwise;
}

void Results::begin(std::size_t bytes) noexcept {
  used_ = heap_ = 0;
  work_ = framed_ = 0;
  bytes_ = bytes;
}

EventLog& Results::nextLog() {
  if (used_ == observed_.size()) observed_.push_back(std::make_unique<Observed>());
  Observed& next = *observed_[used_];
  next.log.clear();
  next.output.clear();
  next.reason.clear();
  next.deliveries = 0;
  next.cause = CloseCause::kPeer;
  ++used_;
  return next.log;
}

std::shared_ptr<Protocol> Harness::make(Reactor& reactor, const EntryHook& hook) {
  EventLog& log = last_->nextLog();
  const bool first = last_->connections() == 1;
  std::shared_ptr<Protocol> made = make_(reactor, log);
  // The log outlives its protocol, and a timer may report when the protocol is gone: held weakly.
  if (first && hook)
    log.onReport([&log, &reactor, &hook, weak = std::weak_ptr(made)](bool part) {
      if (const std::shared_ptr<Protocol> here = weak.lock()) hook(EventLogEntry{log, part, *here, reactor});
    });
  return made;
}

bool Harness::Input::is(const fakes::World& outer, const fakes::Play& played) const noexcept {
  const fakes::Limits &a = limits, &b = outer.options().limits;
  return epoch == outer.epoch() && mode == outer.mode() && window == outer.options().window &&
         endingDeadlines == outer.options().endingDeadlines && chunks == outer.options().chunks && a.events == b.events &&
         a.eventsAtOneInstant == b.eventsAtOneInstant && a.eventsSinceProgress == b.eventsSinceProgress &&
         a.virtualTime == b.virtualTime && play == played;
}

void Harness::Input::take(const fakes::World& outer, const fakes::Play& played) {
  play = played;
  epoch = outer.epoch();
  mode = outer.mode();
  window = outer.options().window;
  limits = outer.options().limits;
  endingDeadlines = outer.options().endingDeadlines;
  chunks = outer.options().chunks;
}

Harness::Shared* Harness::find(fakes::World& outer, const Subject& subject, Chunking& chunking) {
  const Play& play = outer.play();
  if (!input_.is(outer, play)) {
    input_.take(outer, play);
    sharedUsed_ = 0;
  }
  const auto cuts = [](const PlayEvent& event) { return event.kind == PlayEventKind::kCut; };
  if (chunking == Chunking::kAsPlayed && std::none_of(play.events().begin(), play.events().end(), cuts))
    chunking = Chunking::kWhole;
  for (std::size_t i = 0; i < sharedUsed_; ++i)
    if (shared_[i]->subject == subject.id() && shared_[i]->chunking == chunking) return shared_[i].get();
  return nullptr;
}

const Results* Harness::shared(fakes::World& outer, const Subject& subject, Chunking chunking) {
  if (Measuring::on()) return nullptr;
  if (chunking == Chunking::kAsDelivered) return run(outer, subject, chunking) ? &own_ : nullptr;
  if (Shared* const made = find(outer, subject, chunking)) return last_ = &made->results;
  if (sharedUsed_ == shared_.size()) shared_.push_back(std::make_unique<Shared>());
  Shared& next = *shared_[sharedUsed_];
  next.subject = subject.id();
  next.chunking = chunking;
  if (!runInto(next.results, outer, subject, chunking, {})) return nullptr;
  ++sharedUsed_;
  return last_;
}

const Results* Harness::again(fakes::World& outer, const Subject& subject, Chunking chunking) {
  Shared* const made = chunking == Chunking::kAsDelivered ? nullptr : find(outer, subject, chunking);
  if (made == nullptr) return shared(outer, subject, chunking);
  return runInto(made->results, outer, subject, chunking, {}) ? last_ : nullptr;
}

bool Harness::run(fakes::World& outer, const Subject& subject, Chunking chunking, const EntryHook& hook) {
  return !Measuring::on() && runInto(own_, outer, subject, chunking, hook);
}

bool Harness::runInto(Results& results, fakes::World& outer, const Subject& subject, Chunking chunking, const EntryHook& hook) {
  last_ = &results;
  fakes::WorldOptions options;
  options.mode = outer.mode();
  options.window = outer.options().window;
  options.limits = outer.options().limits;
  options.endingDeadlines = outer.options().endingDeadlines;
  options.chunks = outer.options().chunks;
  options.trace = fakes::InnerRun::drawn() ? fakes::Trace::Mode::kLog : fakes::Trace::Mode::kOff;
  world_.reset(options);
  const fakes::InnerRun inner(world_, property != nullptr ? property : "(without a name)", name(chunking), ++runsMade);
  world_.allow<std::exception>();
  cutPlay(outer.play(), chunking);
  joinSteps();
  results.begin(bytes_);
  Watch watch(world_);
  {
    const fakes::World::Active active(world_);
    Reactor& reactor = world_.host().reactor();
    make_ = subject.begin(reactor);
    reactor.listenTCP(1, watch.over(std::make_shared<SubjectFactory>([&] { return make(reactor, hook); })));
  }
  const HeapMeter meter;
  world_.run();
  results.heap_ = meter.peak();
  watch.finish();
  collect(watch);
  const bool good = world_.verdict() == nullptr;
  if (!good)
    outer.fail(world_.verdict()->oracle, std::string("delivered ") + name(chunking) + ": " + world_.verdict()->message,
               world_.verdict()->site, world_.verdict()->aspect);
  // Subjects that a verdict left alive end here, while their logs still exist.
  world_.reset(options);
  for (std::size_t i = 0; i < results.used_; ++i) results.observed_[i]->log.onReport({});
  make_ = nullptr;
  return good;
}

void Harness::collect(const Watch& watch) {
  Results& to = *last_;
  for (std::size_t i = 0; i < to.used_ && i < watch.lives(); ++i) {
    to.observed_[i]->reason = watch.life(i).reason.name();
    to.observed_[i]->cause = watch.life(i).cause;
    to.observed_[i]->deliveries = watch.life(i).deliveries;
    to.work_ += watch.life(i).work;
    to.framed_ += watch.life(i).framed;
  }
  std::size_t index = 0;
  for (const PlayEvent& event : world_.play().events())
    if (event.kind == PlayEventKind::kConnect && index < to.used_)
      to.observed_[index++]->output = world_.peer(event.connection).received().text();
}

bool serve(fakes::World& world, const Subject& subject) {
  Reactor& reactor = world.host().reactor();
  reactor.listenTCP(1, std::make_shared<ServedFactory>(subject, reactor));
  return world.run();
}

Harness& harness() {
  static thread_local Harness one;
  return one;
}

}  // namespace teasel::props
