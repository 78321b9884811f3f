include(FetchContent)
FetchContent_Declare(teasel GIT_REPOSITORY "${TEASEL_REPOSITORY}" GIT_TAG main)
FetchContent_MakeAvailable(teasel)
