#include <teasel/core/unique_function.hpp>

#include <functional>

namespace teasel {

void detail::throwBadFunctionCall() { throw std::bad_function_call(); }

}  // namespace teasel
