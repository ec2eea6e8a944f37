#!/bin/sh
# As part of another project Glimpse is the library alone and lays down nothing; the packager's flags
# stand; what is built is hardened. Run as subproject.sh ROOT BUILD.
set -eu
root=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

die() {
    echo "$*" >&2
    exit 1
}

mkdir "$scratch/parent"
cat >"$scratch/parent/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(parent LANGUAGES C)
add_subdirectory("$root" glimpse)
add_executable(user user.c)
target_link_libraries(user PRIVATE glimpse::glimpse)
install(TARGETS user)
END
cp "$root/docs/examples/twenty_lines.c" "$scratch/parent/user.c"
cd "$scratch"
cmake -S parent -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE='-O1 -DPACKAGED' \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >log 2>&1 || { cat log; die "not configured"; }

# The library, and none of the rest.
ninja -C build -t targets all | sed 's/:.*//' >targets
grep -qE '(^|/)libglimpse\.so' targets || die "no shared library"
! grep -E 'cli/|bench/|test/|glimpse-program' targets || die "more than the library"

# The flags are the packager's, asserts stay on, and files may be large.
jq -r '.[] | select(.file | endswith("core/record.c")) | .command' build/compile_commands.json >command
grep -q -- '-O1 -DPACKAGED' command || die "the packager's flags are gone: $(cat command)"
! grep -qE -- '-O2|-O3|-g ' command || die "flags of our own: $(cat command)"
for flag in -UNDEBUG -D_FILE_OFFSET_BITS=64 -fstack-protector-strong -D_FORTIFY_SOURCE=3; do
    grep -q -- "$flag" command || die "no $flag: $(cat command)"
done

# One object of it, as it would be released: calls of libc that are checked, and a protected stack.
object=$(sed -n 's/.* -o \([^ ]*\.o\) .*/\1/p' command)
ninja -C build "$object" >log || { cat log; die "not compiled"; }
nm "build/$object" >symbols
grep -qE '__[a-z]*_chk' symbols || die "FORTIFY checks nothing"
grep -q __stack_chk_fail symbols || die "the stack is not protected"
case $(uname -m) in
x86_64) readelf -n "build/$object" | grep -q 'IBT, SHSTK' || die "no CET" ;;
esac

# A level of FORTIFY that the packager chose stands.
cmake -S parent -B chosen -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-D_FORTIFY_SOURCE=2 \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >log 2>&1 || { cat log; die "not configured"; }
! grep -q 'FORTIFY_SOURCE=3' chosen/compile_commands.json || die "the packager's FORTIFY is gone"

# Nothing of ours is installed, and ctest has nothing to fail at.
sed -n '/glimpse/p' build/cmake_install.cmake build/glimpse/cmake_install.cmake | grep -i 'file(INSTALL' &&
    die "it would install something"
(cd build/glimpse && ctest -N >/dev/null) || die "ctest does not work"

# What is built here, whole: the program and the shared library are bound at the start.
for file in "$2/glimpse" "$2/libglimpse.so"; do
    readelf -d "$file" | grep -q BIND_NOW || die "$file: not BIND_NOW"
    readelf -l "$file" | grep -q GNU_RELRO || die "$file: no RELRO"
done
readelf -h "$2/glimpse" | grep -q 'Type: *DYN' || die "the program is at a fixed address"
