#pragma once

namespace teasel::detail {

/// True where AddressSanitizer watches: pools are off there, so that every object has its own life
/// on the heap. TEASEL_POOLS_OFF says the same in files that a sanitized tree compiles without it,
/// so that all files agree.
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
