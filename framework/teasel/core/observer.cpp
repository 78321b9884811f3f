#include <teasel/core/observer.hpp>

namespace teasel {

thread_local constinit Observer* Observer::current_ = nullptr;

}  // namespace teasel
