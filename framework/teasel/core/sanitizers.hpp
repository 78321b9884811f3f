#pragma once

namespace teasel::detail {

/// True where AddressSanitizer watches. Pools are off there, so that every object has its own life
/// on the heap. A sanitized tree compiles some files without the sanitizer; it defines
/// TEASEL_POOLS_OFF there, so that all files agree.
#if defined(__SANITIZE_ADDRESS__) || defined(TEASEL_POOLS_OFF)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace teasel::detail
