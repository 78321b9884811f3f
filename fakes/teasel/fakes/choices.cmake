# What the world is played with: decisions, plays, their written forms, and the program around a scenario.
set(TEASEL_FAKES_CHOICES_HEADERS choices.hpp odometer.hpp play.hpp play_codec.hpp tape.hpp chunk_plan.hpp shrink.hpp)
set(TEASEL_FAKES_CHOICES_SOURCES choices.cpp odometer.cpp play.cpp play_codec.cpp tape.cpp chunk_plan.cpp shrink.cpp)
set(TEASEL_FAKES_CHOICES_TESTS choices_test.cpp odometer_test.cpp play_test.cpp play_codec_test.cpp tape_test.cpp chunk_plan_test.cpp shrink_test.cpp)
