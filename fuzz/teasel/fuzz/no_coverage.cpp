// In a libFuzzer tree, protocols and user code call these functions for each edge and each
// comparison. Some programs of that tree are no fuzz targets, such as unit tests, and have nobody
// who listens. They get these functions, which do nothing. libFuzzer and the sanitizers bring their
// own functions, which replace these. Only the framework's library of such a tree has them. See
// https://clang.llvm.org/docs/SanitizerCoverage.html.

#include <cstdint>

#define TEASEL_UNHEARD __attribute__((weak)) void

extern "C" {

__attribute__((weak, tls_model("initial-exec"))) thread_local std::uintptr_t __sancov_lowest_stack;

TEASEL_UNHEARD __sanitizer_cov_8bit_counters_init(std::uint8_t*, std::uint8_t*) {}
TEASEL_UNHEARD __sanitizer_cov_pcs_init(const std::uintptr_t*, const std::uintptr_t*) {}
TEASEL_UNHEARD __sanitizer_cov_trace_pc_indir(std::uintptr_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_cmp1(std::uint8_t, std::uint8_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_cmp2(std::uint16_t, std::uint16_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_cmp4(std::uint32_t, std::uint32_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_cmp8(std::uint64_t, std::uint64_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_const_cmp1(std::uint8_t, std::uint8_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_const_cmp2(std::uint16_t, std::uint16_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_const_cmp4(std::uint32_t, std::uint32_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_const_cmp8(std::uint64_t, std::uint64_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_switch(std::uint64_t, std::uint64_t*) {}
TEASEL_UNHEARD __sanitizer_cov_trace_div4(std::uint32_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_div8(std::uint64_t) {}
TEASEL_UNHEARD __sanitizer_cov_trace_gep(std::uintptr_t) {}

}  // extern "C"
