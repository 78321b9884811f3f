#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <teasel/core/failure.hpp>
#include <teasel/deferred/deferred.hpp>

namespace teasel {

class MultiService;

/// A part of a program that can be started and stopped (twisted.application.service.Service).
///
/// Derive from it and override startService and stopService. Call the method of the base class in
/// both, so that running() is right. Held by shared_ptr: its parent keeps it.
///
///     class Heartbeat : public Service {
///       void startService() override {
///         Service::startService();
///         ...
///       }
///       Deferred<void> stopService() override {
///         ...
///         return Service::stopService();
///       }
///     };
///
/// A method that throws out of privilegedStartService or startService must first undo what it has
/// done, as a constructor does: stopService is not called for that service.
class Service : public std::enable_shared_from_this<Service> {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  /// Ends nothing that takes time. Stop a service before you drop it.
  virtual ~Service() = default;

  /// The name under which the parent finds it; empty at first.
  const std::string& name() const noexcept { return name_; }
  /// Throws UsageError when the service has a parent.
  void setName(std::string name);

  /// Makes it a child of `parent`, as parent->addService does. An old parent loses it. Throws
  /// UsageError while the old parent runs it or stops it: disown the service first, and wait until
  /// it has stopped.
  void setServiceParent(const std::shared_ptr<MultiService>& parent);
  /// Takes it out of its parent, as parent->removeService does. The Deferred fires when it has
  /// stopped; it fails with the error of its stopService. Throws UsageError without a parent.
  Deferred<void> disownServiceParent();
  /// Null for a service without a parent.
  std::shared_ptr<MultiService> parent() const noexcept { return parent_.lock(); }

  /// Whether it was started and not stopped. The start of a base class sets it.
  bool running() const noexcept { return running_; }

  /// Does what must come before startService, for example binding a port below 1024 before the
  /// process gives its rights up. Called at most once before each startService. The default does
  /// nothing.
  virtual void privilegedStartService() {}
  /// Starts it. What it throws means that it was not started.
  virtual void startService() { running_ = true; }
  /// Ends what startService and privilegedStartService began. Also called where only
  /// privilegedStartService was. The Deferred fires when everything has ended. The service may be
  /// started again then.
  virtual Deferred<void> stopService() {
    running_ = false;
    return succeed();
  }

 private:
  friend class MultiService;
  std::string name_;
  std::weak_ptr<MultiService> parent_;
  bool running_ = false;
};

/// A service that consists of other services, its children
/// (twisted.application.service.MultiService).
///
///     auto program = std::make_shared<MultiService>();
///     program->addService(std::make_shared<TimerService>(reactor, 60s, [] { tidyUp(); }));
///     program->addService(
///         std::make_shared<StreamServerEndpointService>(endpoint, Factory::forProtocol<Echo>()));
///     program->privilegedStartService();
///     program->startService();
///
/// Children are started in the order in which they were added. They are stopped in the reverse
/// order: each one's stopService is called after those of all later children, but not after their
/// Deferreds have fired. Children may be added and removed at any time, also by a child that is
/// being started or stopped.
///
/// Nothing is half-started. When a child throws out of privilegedStartService or startService, all
/// other children that were begun are stopped, in reverse order, and the error comes out of the
/// call. What still ends then can be waited for: stopService() gives a Deferred for it, also
/// that of a parent further up. A child that is stopped inside its own startService and runs
/// nevertheless when that returns is stopped once more.
class MultiService : public Service {
 public:
  ~MultiService() override;

  /// Adds a child at the end. A running parent starts it, privilegedStartService first. When that
  /// throws, the child is not added, and the error comes out. Throws UsageError for null, for a
  /// service that has a parent, for one that is this service or contains it, and for a name that
  /// another child has.
  void addService(const std::shared_ptr<Service>& service);
  /// Removes a child. It is stopped if it was begun. The Deferred fires when it has stopped, also
  /// where it was being stopped already, and fails with the error of its stopService. Throws
  /// UsageError for a service that is no child.
  Deferred<void> removeService(const std::shared_ptr<Service>& service);
  /// The child with that name, or null.
  std::shared_ptr<Service> getServiceNamed(std::string_view name) const;
  /// The children now, in the order in which they were added. A copy: children may come and go
  /// while you walk it.
  std::vector<std::shared_ptr<Service>> services() const;
  std::size_t size() const noexcept { return children_.size(); }

  /// Calls it for each child.
  void privilegedStartService() override;
  /// Starts the children.
  void startService() override;
  /// Stops the children. The Deferred fires when all have stopped, those of an earlier stop, of a
  /// failed start and of removeService included. If some failed to stop, it fails with the first
  /// such Failure; the others are logged. Called again meanwhile, it waits for the same end.
  Deferred<void> stopService() override;

 private:
  friend class Service;
  /// How far a child was started.
  enum class Phase : std::uint8_t { kStopped, kPrivileged, kRunning };
  struct Child {
    std::shared_ptr<Service> service;
    Phase phase = Phase::kStopped;
    std::size_t stopping = 0;                  // its stopServices whose Deferreds have not fired
    std::vector<Deferred<void>> waiting = {};  // who waits for them, apart from the parent
    bool begun() const noexcept { return phase != Phase::kStopped || service->running(); }
    bool busy() const noexcept { return begun() || stopping > 0; }
  };
  struct Stops;
  void raiseTo(Phase phase);
  void begin(const std::shared_ptr<Child>& child, Phase phase);
  void stopChild(const std::shared_ptr<Child>& child, const Deferred<void>& told);
  void await(Deferred<void> stopping, const std::shared_ptr<Service>& service);
  void stopAll();
  void forget(const Child& child);
  bool busy(const Service& service) const;
  void requireRoomFor(const Service& service) const;

  std::vector<std::shared_ptr<Child>> children_;
  std::shared_ptr<Stops> stops_;  // what is being stopped; null when nothing ever was
  std::uint64_t stopCalls_ = 0;   // grows with each stop
};

}  // namespace teasel
