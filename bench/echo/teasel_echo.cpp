#include "teasel_echo.hpp"
#include <stdexcept>
namespace teasel::bench {
Serve teaselEcho(const std::string& driver) {
  return [driver](const Listening&) { throw std::runtime_error("driver " + driver + " not there yet"); };
}
}  // namespace teasel::bench
