#include <cstdio>
#include <exception>

#include <gmock/gmock.h>

#include <teasel/gtest/listener.hpp>
#include <teasel/gtest/seeds.hpp>

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  teasel::gtest::installListener();
  try {
    teasel::gtest::registerScenarios();
  } catch (const std::exception& why) {
    std::fprintf(stderr, "%s\n", why.what());
    return 2;
  }
  return RUN_ALL_TESTS();
}
