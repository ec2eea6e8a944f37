# What the library stands on, found by pkg-config. The installed package config includes this file too;
# the prefix keeps these names apart from the including project's own. What a caller of the shared
# library compiles with is GLIMPSE_EVENT alone; the rest is for the library's own build, and for who
# links the archive: GLIMPSE_NEEDS says whether it must be there.
if(NOT DEFINED GLIMPSE_NEEDS)
    set(GLIMPSE_NEEDS REQUIRED)
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(GLIMPSE_EVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1)
pkg_check_modules(GLIMPSE_EVENT_EXTRA ${GLIMPSE_NEEDS} IMPORTED_TARGET libevent_extra>=2.1)
pkg_check_modules(GLIMPSE_CURL ${GLIMPSE_NEEDS} IMPORTED_TARGET libcurl>=7.88)
# libssl is the one that libcurl uses: http_flood.c watches its records.
pkg_check_modules(GLIMPSE_CRYPTO ${GLIMPSE_NEEDS} IMPORTED_TARGET libcrypto>=3.0 libssl>=3.0)
pkg_check_modules(GLIMPSE_SQLITE ${GLIMPSE_NEEDS} IMPORTED_TARGET sqlite3>=3.40)
