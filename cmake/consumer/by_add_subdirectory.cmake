add_subdirectory("${TEASEL_SOURCE_DIR}" teasel)
