#!/bin/sh
# An installed Glimpse is found and used in every way it offers: pkg-config and CMake, shared and
# static, also after the whole tree was moved. Run as consumers.sh ROOT BUILD.
set -eu
root=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset OPENAI_API_KEY OPENAI_BASE_URL GLIMPSE_USE_OPENAI

die() {
    echo "$*" >&2
    exit 1
}

answers() { # program
    said=$("$1") || die "$1 failed"
    [ "$said" = 'aligned: ...' ] || die "$1 said: $said"
}

# Installed in one place, used in another: nothing in it may name the first.
DESTDIR="$scratch" cmake --install "$build" --prefix /first >"$scratch/log" ||
    { cat "$scratch/log"; die "not installed"; }
mv "$scratch/first" "$scratch/second"
prefix=$scratch/second
libdir=$(dirname "$(find "$prefix" -name libglimpse.a)")

for header in "$root"/core/include/glimpse/*.h; do
    cmp "$header" "$prefix/include/glimpse/$(basename "$header")" || die "header not installed"
done
[ -f "$prefix/include/glimpse/version.h" ] || die "version.h not installed"
[ -z "$(find "$prefix/include" -type f ! -path '*/glimpse/*.h')" ] || die "more than the headers"
"$prefix/bin/glimpse" version | grep -q '^glimpse ' || die "the program does not run"

cp "$root/docs/examples/twenty_lines.c" "$scratch/main.c"
cd "$scratch"

# pkg-config: the shared library, and the archive with the shared forms of what it stands on.
PKG_CONFIG_PATH=$libdir/pkgconfig
export PKG_CONFIG_PATH
version=$(pkg-config --modversion glimpse)
# shellcheck disable=SC2046
cc -o by_pkg_config main.c $(pkg-config --cflags --libs glimpse)
ldd by_pkg_config | grep -q 'libglimpse\.so' || die "pkg-config: not linked to the shared library"
LD_LIBRARY_PATH=$libdir answers ./by_pkg_config
# shellcheck disable=SC2046
cc -o by_pkg_config_static main.c $(pkg-config --cflags glimpse) "$libdir/libglimpse.a" \
    $(pkg-config --libs $(pkg-config --print-requires --print-requires-private glimpse |
        sed 's/ .*//')) -lm
answers ./by_pkg_config_static

# CMake, both again.
mkdir consumer
cat >consumer/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(glimpse $version REQUIRED CONFIG)
add_executable(by_cmake ../main.c)
target_link_libraries(by_cmake PRIVATE glimpse::glimpse)
add_executable(by_cmake_static ../main.c)
target_link_libraries(by_cmake_static PRIVATE glimpse::static)
END
unset PKG_CONFIG_PATH
{
    cmake -S consumer -B consumer/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build consumer/build
} >log 2>&1 || { cat log; die "CMake: not built"; }
ldd consumer/build/by_cmake | grep -q 'libglimpse\.so' || die "CMake: not the shared library"
ldd consumer/build/by_cmake_static | grep -q 'libglimpse\.so' && die "CMake: not the static library"
answers consumer/build/by_cmake
answers consumer/build/by_cmake_static

# The shared library is found where nothing of what the archive stands on is: libevent's headers are all
# that a caller compiles with.
mkdir poor poor/pc
cp "$(pkg-config --variable=pcfiledir libevent_core)/libevent_core.pc" poor/pc/
sed '/by_cmake_static/d' consumer/CMakeLists.txt >poor/CMakeLists.txt
echo 'if(TARGET glimpse::static)
    message(FATAL_ERROR "an archive that cannot be linked")
endif()' >>poor/CMakeLists.txt
{
    PKG_CONFIG_LIBDIR=$scratch/poor/pc cmake -S poor -B poor/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build poor/build
} >log 2>&1 || { cat log; die "CMake: the shared library needs more than libevent"; }
answers poor/build/by_cmake
! grep -i json "$libdir/pkgconfig/glimpse.pc" "$libdir"/cmake/glimpse/*.cmake ||
    die "the library is said to need json-c"
grep -L 'SPDX-License-Identifier: MIT' "$prefix"/include/glimpse/*.h | grep . && die "no licence in a header"

# A version that is not there is not found.
sed -i "s/find_package(glimpse $version/find_package(glimpse 99.0/" consumer/CMakeLists.txt
if cmake -S consumer -B consumer/other -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >log 2>&1; then
    die "CMake: took another version for version 99"
fi
