#include <teasel/core/errors.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include <teasel/core/detail/pool.hpp>
#include <teasel/core/detail/sanitizers.hpp>

namespace teasel {
namespace {

static_assert(std::is_nothrow_copy_constructible_v<ConnectionAborted>, "errors are copied while others fly");
static_assert(sizeof(detail::TypedErrorBox<ConnectionAborted>) <= detail::PoolLists::kStep * detail::PoolLists::kClasses);

const std::string kText = "the connection was aborted on this side";

TEST(ConnectionAborted, TellsWhoAndWhyAsFarAsTheyAreKnown) {
  const Failure cause(TimeoutError("late"), Site{});
  EXPECT_EQ(ConnectionAborted(Site{}, Failure()).what(), kText);
  EXPECT_EQ(ConnectionAborted(Site{"a/b.cpp", 7}, Failure()).what(), kText + " by abortConnection at b.cpp:7");
  EXPECT_EQ(ConnectionAborted(Site{}, cause).what(), kText + ", because of TimeoutError: late");
  EXPECT_EQ(ConnectionAborted(Site{"a/b.cpp", 7}, cause).what(),
            kText + " by abortConnection at b.cpp:7, because of TimeoutError: late");
  EXPECT_STREQ(connectionAborted().what(), kText.c_str());
}

TEST(ConnectionAborted, ACopyTellsTheSame) {
  const ConnectionAborted original(Site{"b.cpp", 7}, Failure(TimeoutError("late")));
  const std::string text = original.what();
  const ConnectionAborted copy(original);
  EXPECT_EQ(copy.what(), text);
  EXPECT_EQ(copy.site().line, 7);
  EXPECT_TRUE(copy.cause().same(original.cause()));
}

TEST(ConnectionAborted, SaysATextOfOnesOwnAsItIs) { EXPECT_STREQ(ConnectionAborted("gone").what(), "gone"); }

TEST(ConnectionAborted, IsThrownWithWhoAndWhy) {
  const Failure failure(ConnectionAborted(Site{"b.cpp", 7}, Failure()), Site{});
  try {
    failure.raise();
  } catch (const ConnectionLost& error) {
    EXPECT_EQ(error.what(), kText + " by abortConnection at b.cpp:7");
  }
}

TEST(ConnectionAborted, MakingOneTakesABlockOfThePoolAndNoTextOfItsOwn) {
  const auto make = [] { return Failure(ConnectionAborted(Site{"b.cpp", 7}, Failure()), Site{}); };
  const void* const first = make().check<ConnectionAborted>();
  if (!detail::kSanitized) {
    EXPECT_EQ(make().check<ConnectionAborted>(), first);
  }
  const ConnectionAborted one(Site{}, Failure()), two(Site{}, Failure());
  EXPECT_EQ(static_cast<const void*>(one.what()), two.what()) << "they share it";
}

}  // namespace
}  // namespace teasel
