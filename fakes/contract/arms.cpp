#include "arms.hpp"

#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include <teasel/contract/clock_bench.hpp>
#include <teasel/contract/loopback_bench.hpp>
#include <teasel/contract/unix_bench.hpp>
#include <teasel/contract/world_bench.hpp>
#include <teasel/core/errors.hpp>
#include <teasel/drivers/driver_variants_test_kit.hpp>
#include <teasel/drivers/open_file.hpp>
#include <teasel/protocols/protocol_wrapper.hpp>

namespace teasel::contract {

namespace {

constexpr int kSeeds = 24;

std::unique_ptr<Driver> makeVariant(const std::string& name) {
  if (std::string why; !drivertest::variantAvailable(name, why)) throw DriverUnavailable(why);
  return makeDriver(name);
}

/// A file of the system's in a folder of its own, until nobody can resize it any more.
class FileOnDisk {
 public:
  explicit FileOnDisk(const std::string& content) {
    std::random_device random;
    do folder_ = std::filesystem::temp_directory_path() / ("teasel-" + std::to_string(random()));
    while (!std::filesystem::create_directory(folder_));
    std::ofstream(path(), std::ios::binary) << content;
  }
  FileOnDisk(const FileOnDisk&) = delete;
  FileOnDisk& operator=(const FileOnDisk&) = delete;
  ~FileOnDisk() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path path() const { return folder_ / "file"; }

 private:
  std::filesystem::path folder_;
};

TestFile fileOnDisk(const std::string& content) {
  auto made = std::make_shared<FileOnDisk>(content);
  return {openFile(made->path().string()), [made](std::size_t size) { std::filesystem::resize_file(made->path(), size); }};
}

/// The arm, with files of the system's.
Arm withFiles(Arm arm) {
  arm.files = fileOnDisk;
  return arm;
}

class WrappedWorldBench final : public WorldBench {
 public:
  using WorldBench::WorldBench;
  std::shared_ptr<Factory> dressed(std::shared_ptr<Factory> factory) override {
    return std::make_shared<WrappingFactory>(std::move(factory));
  }
  std::shared_ptr<ClientFactory> dressed(std::shared_ptr<ClientFactory> factory) override {
    return std::make_shared<WrappingFactory>(std::move(factory));
  }
};

}  // namespace

std::vector<Arm> arms() {
  std::vector<Arm> arms;
  for (const std::string& name : drivertest::driverVariants())
    arms.push_back(withFiles(
        loopbackArm(drivertest::variantTestName(name), [name] { return makeVariant(name); }, !name.starts_with("io_uring"))));
  arms.push_back(worldArm(fakes::SimDriver::Mode::kCompletion, kSeeds));
  arms.push_back(worldArm(fakes::SimDriver::Mode::kReadiness, kSeeds));
  return arms;
}

std::vector<Arm> wrappedArms() {
  std::vector<Arm> all = arms();
  all.push_back({"world_wrapped", kSeeds, [](int round) {
                   const auto mode = round % 2 == 0 ? fakes::SimDriver::Mode::kReadiness : fakes::SimDriver::Mode::kCompletion;
                   return std::make_unique<WrappedWorldBench>(mode, round);
                 }});
  return all;
}

std::vector<Arm> unixArms() {
  std::vector<Arm> arms;
  for (const std::string& name : drivertest::driverVariants()) {
    // Zero-copy sends are for TCP only, and a registered wait knows nothing of sockets.
    if (name == "io_uring:-zero-copy" || name == "io_uring:-registered-wait") continue;
    arms.push_back(withFiles(
        unixArm(drivertest::variantTestName(name), [name] { return makeVariant(name); }, !name.starts_with("io_uring"))));
  }
  arms.push_back(unixWorldArm(fakes::SimDriver::Mode::kCompletion, kSeeds));
  arms.push_back(unixWorldArm(fakes::SimDriver::Mode::kReadiness, kSeeds));
  return arms;
}

std::vector<Arm> streamArms() {
  std::vector<Arm> all = wrappedArms();
  for (Arm& arm : unixArms()) all.push_back(std::move(arm));
  return all;
}

std::vector<Arm> clockArms() {
  std::vector<Arm> all = arms();
  all.push_back(fakeClockArm());
  return all;
}

}  // namespace teasel::contract
