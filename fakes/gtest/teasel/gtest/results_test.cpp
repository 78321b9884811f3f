#include <teasel/gtest/results.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include <teasel/core/errors.hpp>
#include <teasel/gtest/matchers.hpp>

namespace teasel::gtest {
namespace {

TEST(Results, SuccessResultOfTakesTheValue) {
  Deferred<int> deferred;
  assertNoResult(deferred);
  EXPECT_THAT(deferred, HasNoResult());
  deferred.callback(42);
  EXPECT_THAT(deferred, HasSucceeded());
  EXPECT_EQ(successResultOf(deferred), 42);
}

TEST(Results, SuccessResultOfRefusesAnythingElseAndSaysWhereItStands) {
  Deferred<int> unfired;
  EXPECT_THROW(successResultOf(unfired), ResultError);
  Deferred<int> failed;
  failed.errback(std::runtime_error("broken"));
  try {
    successResultOf(failed);
    ADD_FAILURE() << "no exception";
  } catch (const ResultError& error) {
    EXPECT_NE(std::string(error.what()).find("broken"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("results_test.cpp"), std::string::npos) << error.what();
  }
  failureResultOf(failed);
}

TEST(Results, FailureResultOfTakesAFailureOfTheWantedType) {
  Deferred<int> failed;
  failed.errback(ConnectionDone("bye"));
  EXPECT_THROW(failureResultOf<UsageError>(failed), ResultError);
  const Failure failure = failureResultOf<ConnectionClosed>(failed);
  EXPECT_THAT(failure, FailedWith<ConnectionDone>("bye"));
  EXPECT_THAT(&failure, testing::Not(FailedWith<UsageError>()));
}

TEST(Results, AVoidDeferredSucceedsWithNothing) {
  Deferred<void> deferred;
  deferred.callback();
  successResultOf(deferred);
}

}  // namespace
}  // namespace teasel::gtest
