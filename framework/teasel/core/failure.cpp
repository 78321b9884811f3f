#include <teasel/core/failure.hpp>

#include <cxxabi.h>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <stdexcept>

namespace teasel {

namespace {

/// Something that was thrown: kept as exception_ptr. The pointer to its object, if it derives from std::exception, is
/// taken while it is being handled, so that looking at it later needs no rethrow (which costs about a microsecond).
class CaughtErrorBox final : public detail::ErrorBox {
 public:
  CaughtErrorBox(std::exception_ptr thrown, const std::exception* exception, const std::type_info& kind, Site site) noexcept
      : ErrorBox(kind, site), thrown_(std::move(thrown)), exception_(exception) {}
  const std::exception* exception() const noexcept override { return exception_; }
  const void* object() const noexcept override {
    // An exception_ptr of the Itanium C++ ABI's runtimes is one pointer to the thrown object.
    static_assert(sizeof(std::exception_ptr) == sizeof(void*));
    return *reinterpret_cast<void* const*>(&thrown_);
  }
  [[noreturn]] void raise() const override { std::rethrow_exception(thrown_); }

 private:
  std::exception_ptr thrown_;
  const std::exception* exception_;
};

}  // namespace

Failure Failure::current(Site site) noexcept {
  const std::type_info* kind = abi::__cxa_current_exception_type();
  const std::exception* exception = nullptr;
  try {
    throw;
  } catch (const std::exception& error) {
    exception = &error;
  } catch (...) {
    // Not a std::exception: only its exact type is known.
  }
  return Failure(new CaughtErrorBox(std::current_exception(), exception, kind == nullptr ? typeid(void) : *kind, site));
}

const std::type_info& Failure::kind() const noexcept { return box_ == nullptr ? typeid(void) : box_->kind(); }

const char* Failure::what() const noexcept {
  if (box_ == nullptr) return "";
  const std::exception* exception = box_->exception();
  return exception != nullptr ? exception->what() : box_->kind().name();
}

void Failure::raise() const {
  if (box_ == nullptr) throw std::logic_error("Failure::raise() called on a Failure without an error");
  box_->raise();
  __builtin_unreachable();
}

std::string Failure::name() const { return box_ == nullptr ? "no failure" : detail::typeName(box_->kind()); }

std::string Failure::text() const {
  if (box_ == nullptr) return "no failure";
  std::string out = name();
  if (box_->exception() != nullptr) (out += ": ") += what();
  if (where()) out += " (at " + where().text() + ")";
  return out;
}

std::ostream& operator<<(std::ostream& out, const Failure& failure) { return out << failure.text(); }

std::string detail::typeName(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> readable(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 && readable != nullptr ? readable.get() : type.name();
  constexpr std::string_view kOurs = "teasel::";
  if (name.starts_with(kOurs)) name.erase(0, kOurs.size());
  return name;
}

}  // namespace teasel
