# What the library stands on, found by pkg-config. The installed package config includes this file
# too, because a program that links the static form needs all of it; the prefix keeps these names
# apart from the including project's own.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GLIMPSE_EVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1 libevent_extra>=2.1)
pkg_check_modules(GLIMPSE_CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(GLIMPSE_JSONC REQUIRED IMPORTED_TARGET json-c>=0.16)
# libssl is the one that libcurl uses: http_flood.c watches its records.
pkg_check_modules(GLIMPSE_CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0 libssl>=3.0)
pkg_check_modules(GLIMPSE_SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
