#include "effort.hpp"

namespace teasel::bench {

Effort& effort() {
  static Effort chosen;
  return chosen;
}

}  // namespace teasel::bench
