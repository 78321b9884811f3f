#include <teasel/application/service.hpp>

#include <algorithm>
#include <utility>

#include <teasel/core/errors.hpp>
#include <teasel/core/logger.hpp>

namespace teasel {

namespace {
constexpr Logger kLog("service");

std::string described(const Service& service) {
  const std::string type = detail::typeName(typeid(service));
  return service.name().empty() ? type : type + " \"" + service.name() + '"';
}
}  // namespace

void Service::setName(std::string name) {
  if (parent() != nullptr) throw UsageError("setName: " + described(*this) + " has a parent, which knows it by its name");
  name_ = std::move(name);
}

void Service::setServiceParent(const std::shared_ptr<MultiService>& parent) {
  if (parent == nullptr) throw UsageError("setServiceParent: the parent is null");
  const std::shared_ptr<Service> self = shared_from_this();
  const std::shared_ptr<MultiService> old = this->parent();
  if (old == parent) return;
  if (old != nullptr) {
    parent->requireRoomFor(*this);
    if (old->busy(*this))
      throw UsageError("setServiceParent: " + described(*this) +
                       " runs or is being stopped; call disownServiceParent, and wait until it has stopped");
    old->removeService(self);
  }
  parent->addService(self);
}

Deferred<void> Service::disownServiceParent() {
  const std::shared_ptr<MultiService> parent = this->parent();
  if (parent == nullptr) throw UsageError("disownServiceParent: " + described(*this) + " has no parent");
  return parent->removeService(shared_from_this());
}

/// The services that are being stopped, and who waits for the last of them. The callbacks of their
/// Deferreds hold it; it does not hold the MultiService.
struct MultiService::Stops {
  std::size_t pending = 0;
  std::vector<Deferred<void>> waiting;
  Failure first;  // the first failure since somebody waits

  /// One of them has ended.
  void ended(const Result<void>& result, const std::string& who) {
    if (!result.ok()) {
      if (!waiting.empty() && !first) first = result.failure();
      else kLog.failure("stopping " + who, result.failure());
    }
    if (--pending > 0) return;
    const Failure failure = std::exchange(first, Failure());
    for (const Deferred<void>& waiter : std::exchange(waiting, {}))
      if (failure) waiter.errback(failure);
      else waiter.callback();
  }
};

MultiService::~MultiService() = default;

void MultiService::addService(const std::shared_ptr<Service>& service) {
  if (service == nullptr) throw UsageError("addService: the service is null");
  requireRoomFor(*service);
  if (service->parent() != nullptr) throw UsageError("addService: " + described(*service) + " has a parent already");
  const auto self = std::static_pointer_cast<MultiService>(shared_from_this());
  const auto child = std::make_shared<Child>();
  child->service = service;
  children_.push_back(child);
  service->parent_ = self;
  if (!running()) return;
  try {
    begin(child, Phase::kPrivileged);
    if (running() && child->phase == Phase::kPrivileged) begin(child, Phase::kRunning);
  } catch (...) {
    forget(*child);
    throw;
  }
}

Deferred<void> MultiService::removeService(const std::shared_ptr<Service>& service) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [&](const std::shared_ptr<Child>& child) { return child->service == service; });
  if (found == children_.end())
    throw UsageError("removeService: " + (service == nullptr ? std::string("null") : described(*service)) + " is no child of " +
                     described(*this));
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): forget takes it out of the list
  const std::shared_ptr<Child> child = *found;
  forget(*child);
  Deferred<void> removed;
  if (child->begun()) stopChild(child, removed);
  else if (child->stopping > 0) child->waiting.push_back(removed);
  else removed.callback();
  return removed;
}

std::shared_ptr<Service> MultiService::getServiceNamed(std::string_view name) const {
  for (const std::shared_ptr<Child>& child : children_)
    if (!name.empty() && child->service->name() == name) return child->service;
  return nullptr;
}

std::vector<std::shared_ptr<Service>> MultiService::services() const {
  std::vector<std::shared_ptr<Service>> services;
  services.reserve(children_.size());
  for (const std::shared_ptr<Child>& child : children_) services.push_back(child->service);
  return services;
}

void MultiService::privilegedStartService() {
  Service::privilegedStartService();
  raiseTo(Phase::kPrivileged);
}

void MultiService::startService() {
  Service::startService();
  raiseTo(Phase::kRunning);
}

Deferred<void> MultiService::stopService() {
  if (stops_ == nullptr) stops_ = std::make_shared<Stops>();
  const std::shared_ptr<Stops> stops = stops_;
  Deferred<void> stopped;
  ++stops->pending;  // this call, so that nobody is told before all children were
  stops->waiting.push_back(stopped);
  stopAll();
  stops->ended({}, {});
  return stopped;
}

/// Brings every child to this phase, in order. Children may come, go and stop this service
/// meanwhile. When one throws, stops what was begun.
void MultiService::raiseTo(Phase phase) {
  const auto keep = shared_from_this();
  const std::uint64_t stops = stopCalls_;
  while (stops == stopCalls_) {
    const auto behind = std::find_if(children_.begin(), children_.end(),
                                     [&](const std::shared_ptr<Child>& child) { return child->phase < phase; });
    if (behind == children_.end()) return;
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the list may change meanwhile
    const std::shared_ptr<Child> child = *behind;
    try {
      begin(child, phase);
    } catch (...) {
      if (stops == stopCalls_) stopAll();
      throw;
    }
  }
}

/// Starts a child, or does its privileged start. Its phase is set before, because the child may
/// stop itself inside the call.
void MultiService::begin(const std::shared_ptr<Child>& child, Phase phase) {
  child->phase = phase;
  try {
    if (phase == Phase::kPrivileged) child->service->privilegedStartService();
    else child->service->startService();
  } catch (...) {
    child->phase = Phase::kStopped;
    child->service->running_ = false;
    // It has stopped its own children, and these may take their time.
    if (const auto nested = std::dynamic_pointer_cast<MultiService>(child->service); nested != nullptr)
      await(nested->MultiService::stopService(), nested);
    throw;
  }
  // It was stopped inside the call, before it had set running().
  if (child->phase == Phase::kStopped && child->service->running()) stopChild(child, nullptr);
}

/// Stops a child. `told` gets the result; without one, the Deferred of stopService does.
void MultiService::stopChild(const std::shared_ptr<Child>& child, const Deferred<void>& told) {
  child->phase = Phase::kStopped;
  if (stops_ == nullptr) stops_ = std::make_shared<Stops>();
  ++child->stopping;
  Deferred<void> stopping = maybeDeferred([&] { return child->service->stopService(); });
  ++stops_->pending;
  stopping.addBoth([stops = stops_, child, told](const Result<void>& result) {
    std::vector<Deferred<void>> waiting;
    if (--child->stopping == 0) waiting = std::exchange(child->waiting, {});
    if (told) waiting.push_back(told);
    stops->ended(told ? Result<void>() : result, described(*child->service));
    for (const Deferred<void>& waiter : waiting)
      if (result.ok()) waiter.callback();
      else waiter.errback(result.failure());
  });
}

/// Makes stopService wait for this, too.
void MultiService::await(Deferred<void> stopping, const std::shared_ptr<Service>& service) {
  if (stops_ == nullptr) stops_ = std::make_shared<Stops>();
  ++stops_->pending;
  stopping.addBoth([stops = stops_, service](const Result<void>& result) { stops->ended(result, described(*service)); });
}

/// Stops every child that was begun, the last one first.
void MultiService::stopAll() {
  const auto keep = shared_from_this();
  running_ = false;
  ++stopCalls_;
  const std::vector<std::shared_ptr<Child>> children = children_;
  for (auto child = children.rbegin(); child != children.rend(); ++child)
    if ((*child)->begun()) stopChild(*child, nullptr);
}

void MultiService::forget(const Child& child) {
  child.service->parent_.reset();
  std::erase_if(children_, [&](const std::shared_ptr<Child>& other) { return other.get() == &child; });
}

bool MultiService::busy(const Service& service) const {
  return std::any_of(children_.begin(), children_.end(),
                     [&](const std::shared_ptr<Child>& child) { return child->service.get() == &service && child->busy(); });
}

/// Throws UsageError if it cannot become a child.
void MultiService::requireRoomFor(const Service& service) const {
  if (weak_from_this().expired()) throw UsageError("addService: a MultiService that gets children is held by a shared_ptr");
  if (service.weak_from_this().expired()) throw UsageError("addService: a service is held by a shared_ptr");
  if (&service == this) throw UsageError("addService: " + described(service) + " cannot be its own child");
  for (std::shared_ptr<const MultiService> above = parent(); above != nullptr; above = above->parent())
    if (above.get() == &service) throw UsageError("addService: " + described(service) + " contains " + described(*this));
  if (getServiceNamed(service.name()) != nullptr)
    throw UsageError("addService: " + described(*this) + " has a child named \"" + service.name() + "\" already");
}

}  // namespace teasel
