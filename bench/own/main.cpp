#include <teasel/bench/benchmark.hpp>

/// For programs that have no main of their own.
int main(int argc, char** argv) { return teasel::bench::benchmarkMain(argc, argv); }
