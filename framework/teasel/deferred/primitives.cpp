#include <teasel/deferred/primitives.hpp>

namespace teasel::detail {

Tokens::Tokens(const char* name, std::size_t limit, Site made) : name_(name), limit_(limit), free_(limit), made_(made) {
  if (limit == 0) throw UsageError(std::string(name) + " at " + made.text() + ": needs at least one token");
}

Deferred<void> Tokens::acquire(Site site) {
  // Nobody overtakes those who wait: a token may be free for a moment while it goes to the first of
  // them.
  if (free_ == 0 || !waiting_.empty()) return waiting_.add(site);
  --free_;
  return succeed(site);
}

void Tokens::release(Site site) {
  if (free_ == limit_) {
    throw UsageError("release at " + site.text() + ": the " + name_ + " made at " + made_.text() + " is not held by anybody" +
                     (released_ ? "; it was last released at " + released_.text() : std::string()));
  }
  released_ = site;
  ++free_;
  if (handingOver_) return;
  // A waiter that releases at once gets here and only adds its token. The loop below hands it on,
  // so that a million waiters do not recurse.
  const std::shared_ptr<Tokens> self = shared_from_this();
  struct Over {
    bool& flag;
    ~Over() { flag = false; }
  } over{handingOver_};
  handingOver_ = true;
  while (free_ != 0 && !waiting_.empty()) {
    --free_;
    const Deferred<void> next = waiting_.take();
    next.callback(site);
  }
}

}  // namespace teasel::detail
