find_package(teasel 0.1 CONFIG REQUIRED COMPONENTS fakes_gtest props benchmarks)
