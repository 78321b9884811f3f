#include <teasel/core/segment.hpp>

#include <sanitizer/asan_interface.h>

#include <array>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include <teasel/core/check.hpp>
#include <teasel/core/file.hpp>

namespace teasel {

namespace {

constexpr std::size_t kClasses[] = {512, 4096, 16384, 65536};
constexpr std::size_t kKeptPerClass[] = {256, 64, 16, 8};

/// Buffers of this thread that wait to be used again, by size. While they wait, AddressSanitizer
/// lets nobody touch their bytes. No behaviour depends on which buffer is given out.
struct BlockPool {
  std::array<std::vector<detail::Block*>, std::size(kClasses)> free;
  BlockPool() {
    for (std::size_t i = 0; i < free.size(); ++i) free[i].reserve(kKeptPerClass[i]);
  }
  ~BlockPool();
};

/// Null before the first use, and again when this thread's pool is gone: the last Segments of a
/// thread may outlive its pool.
thread_local BlockPool* livingPool = nullptr;
thread_local bool poolDied = false;

BlockPool::~BlockPool() {
  livingPool = nullptr;
  poolDied = true;
  for (auto& list : free)
    for (detail::Block* block : list) {
      ASAN_UNPOISON_MEMORY_REGION(block->bytes(), block->capacity);
      ::operator delete(block);
    }
}

BlockPool* pool() {
  if (livingPool == nullptr && !poolDied) {
    thread_local BlockPool instance;
    livingPool = &instance;
  }
  return livingPool;
}

std::size_t classOf(std::size_t capacity) {
  std::size_t i = 0;
  while (i < std::size(kClasses) && kClasses[i] < capacity) ++i;
  return i;
}

}  // namespace

detail::Block* detail::Block::make(std::size_t capacity) {
  TEASEL_CHECK(capacity < kFile);
  const std::size_t size = classOf(capacity);
  if (size < std::size(kClasses)) {
    capacity = kClasses[size];
    if (BlockPool* kept = pool(); kept != nullptr && !kept->free[size].empty()) {
      Block* block = kept->free[size].back();
      kept->free[size].pop_back();
      ASAN_UNPOISON_MEMORY_REGION(block->bytes(), capacity);
      block->refs = 1;
      block->filled = 0;
      return block;
    }
  }
  void* memory = ::operator new(sizeof(Block) + capacity);
  return ::new (memory) Block{1, static_cast<std::uint32_t>(capacity), 0};
}

detail::Block* detail::Block::adopt(std::string&& text) { return new AdoptedBlock(std::move(text)); }

void detail::Block::free(Block* block) noexcept {
  if (block->capacity == kAdopted) {
    delete static_cast<AdoptedBlock*>(block);
    return;
  }
  if (block->capacity == kFile) {
    delete static_cast<FileBlock*>(block);
    return;
  }
  const std::size_t size = classOf(block->capacity);
  if (BlockPool* kept = pool(); size < std::size(kClasses) && kept != nullptr && kClasses[size] == block->capacity &&
                                kept->free[size].size() < kKeptPerClass[size]) {
    ASAN_POISON_MEMORY_REGION(block->bytes(), block->capacity);
    kept->free[size].push_back(block);
    return;
  }
  ::operator delete(block);
}

Segment::Segment(ByteView bytes, std::size_t capacity)
    : block_(detail::Block::make(capacity < bytes.size() ? bytes.size() : capacity)),
      data_(block_->bytes()),
      size_(bytes.size()) {
  if (!bytes.empty()) std::memcpy(block_->bytes(), bytes.data(), bytes.size());
  block_->filled = static_cast<std::uint32_t>(bytes.size());
}

Segment Segment::adopt(std::string&& text) {
  detail::Block* block = detail::Block::adopt(std::move(text));
  const std::string& kept = static_cast<const detail::AdoptedBlock*>(block)->text;
  Segment out(block, kept.data(), kept.size());
  --block->refs;  // of this function
  return out;
}

Segment Segment::ofFile(std::shared_ptr<File> file, std::uint64_t offset, std::size_t size) {
  Segment out;
  out.block_ = new detail::FileBlock(std::move(file), offset + size);
  out.size_ = size;
  return out;
}

bool Segment::tryAppend(ByteView bytes) noexcept {
  if (block_ == nullptr || block_->refs != 1 || block_->capacity >= detail::Block::kFile ||
      data_ + size_ != block_->bytes() + block_->filled || block_->capacity - block_->filled < bytes.size())
    return false;
  std::memcpy(block_->bytes() + block_->filled, bytes.data(), bytes.size());
  block_->filled += static_cast<std::uint32_t>(bytes.size());
  size_ += bytes.size();
  return true;
}

}  // namespace teasel
