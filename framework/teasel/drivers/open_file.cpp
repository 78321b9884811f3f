#include <teasel/drivers/open_file.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <teasel/core/errors.hpp>
#include <teasel/drivers/detail/posix/system.hpp>

namespace teasel {

namespace {

class OpenedFile final : public File {
 public:
  /// Takes `descriptor` over. `name` is for messages.
  OpenedFile(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {
    if (descriptor_ < 0) fail("cannot open ", errno);
    try {
      const struct stat about = look();
      if (S_ISDIR(about.st_mode)) fail("cannot read ", EISDIR);
      if ((::fcntl(descriptor_, F_GETFL) & O_ACCMODE) == O_WRONLY) fail("cannot read ", EBADF);
      anywhere_ = ::lseek(descriptor_, 0, SEEK_CUR) >= 0;
      char last = 0;
      sized_ =
          anywhere_ && S_ISREG(about.st_mode) && (about.st_size == 0 || ::pread(descriptor_, &last, 1, about.st_size - 1) == 1);
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
  }
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() override { ::close(descriptor_); }

  std::size_t read(std::uint64_t offset, std::span<char> into) override {
    if (anywhere_ && !std::in_range<off_t>(offset)) fail("cannot read ", EOVERFLOW);
    ssize_t count = 0;
    do
      count = anywhere_ ? ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset))
                        : ::read(descriptor_, into.data(), into.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) fail("cannot read ", errno);
    return static_cast<std::size_t>(count);
  }
  std::uint64_t size() override { return sized_ ? static_cast<std::uint64_t>(look().st_size) : 0; }
  int descriptor() const noexcept override { return sized_ ? descriptor_ : -1; }

 private:
  struct stat look() const {
    struct stat about = {};
    if (::fstat(descriptor_, &about) != 0) fail("cannot look at ", errno);
    return about;
  }
  [[noreturn]] void fail(const char* what, int error) const {
    throw FileReadError(what + name_ + ": " + posix::errorText(error));
  }

  int descriptor_;
  std::string name_;
  bool anywhere_ = false;  // it can be read at any place
  bool sized_ = false;     // and it has as many bytes as it says
};

}  // namespace

std::shared_ptr<File> openFile(const std::string& path) {
  std::string name = "'" + path + "'";
  int descriptor = -1;
  do descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  while (descriptor < 0 && errno == EINTR);
  return std::make_shared<OpenedFile>(descriptor, std::move(name));
}

std::shared_ptr<File> adoptFile(int fd) {
  return std::make_shared<OpenedFile>(::fcntl(fd, F_DUPFD_CLOEXEC, 0), "descriptor " + std::to_string(fd));
}

}  // namespace teasel
