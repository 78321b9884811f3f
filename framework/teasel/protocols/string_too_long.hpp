#pragma once

#include <cstddef>
#include <string>

#include <teasel/core/errors.hpp>

namespace teasel {

/// sendString was given a longer string than its protocol can or may send (Twisted:
/// StringTooLongError). It carries the limit and the size of the string, both in bytes.
class StringTooLongError : public UsageError {
 public:
  StringTooLongError(const std::string& limit, std::size_t allowed, std::size_t size)
      : UsageError("a string of " + std::to_string(size) + " bytes is too long: the " + limit + " is " + std::to_string(allowed)),
        allowed_(allowed),
        size_(size) {}
  std::size_t allowed() const noexcept { return allowed_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::size_t allowed_, size_;
};

}  // namespace teasel
