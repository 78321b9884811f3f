#include <teasel/core/failure.hpp>

#include <cxxabi.h>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <stdexcept>

namespace teasel {

namespace {

/// What Failure::trap throws.
class PassedOn final : public std::exception {
 public:
  explicit PassedOn(const Failure& failure) noexcept : failure_(failure) {}
  const char* what() const noexcept override { return failure_.what(); }
  const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

/// Something that was thrown, kept as an exception_ptr. Looking at it needs no rethrow, which costs
/// about a microsecond.
class CaughtErrorBox final : public detail::ErrorBox {
 public:
  CaughtErrorBox(std::exception_ptr thrown, const void* object, const std::exception* exception, const std::type_info& kind,
                 Site site) noexcept
      : ErrorBox(kind, site), thrown_(std::move(thrown)), object_(object), exception_(exception) {}
  const std::exception* exception() const noexcept override { return exception_; }
  const void* object() const noexcept override { return object_; }
  [[noreturn]] void raise() const override { std::rethrow_exception(thrown_); }

 private:
  std::exception_ptr thrown_;
  const void* object_;
  const std::exception* exception_;
};

/// The thrown object of type `kind` as a std::exception, as a catch clause would find it. Null
/// where std::exception is no base of it.
const std::exception* asException(const std::type_info& kind, void* object) noexcept {
  return typeid(std::exception).__do_catch(&kind, &object, 1) ? static_cast<const std::exception*>(object) : nullptr;
}

}  // namespace

Failure Failure::current(Site site) noexcept {
  const std::type_info* kind = abi::__cxa_current_exception_type();
  if (kind == nullptr) kind = &typeid(void);
  std::exception_ptr thrown = std::current_exception();
  // In runtimes of the Itanium C++ ABI, an exception_ptr is one pointer to the thrown object.
  static_assert(sizeof(thrown) == sizeof(void*));
  void* const object = *reinterpret_cast<void**>(&thrown);
  if (*kind == typeid(PassedOn)) return static_cast<const PassedOn*>(object)->failure();
  return Failure(new CaughtErrorBox(std::move(thrown), object, asException(*kind, object), *kind, site));
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

void Failure::passOn() const {
  if (box_ == nullptr) raise();
  throw PassedOn(*this);
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
  // Nobody writes a string's type in full.
  constexpr std::string_view kString = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (std::size_t at = name.find(kString); at != std::string::npos; at = name.find(kString, at))
    name.replace(at, kString.size(), "std::string");
  constexpr std::string_view kOurs = "teasel::";
  if (name.starts_with(kOurs)) name.erase(0, kOurs.size());
  return name;
}

}  // namespace teasel
