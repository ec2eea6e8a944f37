#!/bin/sh
# All of the library and the program compiles for 32 bits without a warning, as far as the headers of
# this machine allow: nothing is narrowed, nothing needs a type of 128 bits. Run as i386.sh ROOT BUILD.
set -eu
root=$1
build=$2
cc=gcc
machine=$($cc -dumpmachine)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
case $machine in
x86_64-linux-gnu) ;;
*) echo "not tried: $machine has no 32-bit form of its headers" && exit 0 ;;
esac
# What libc6-dev-i386 would bring: the list of functions that libc has only as stubs. For the syntax any
# list will do.
mkdir "$scratch/gnu"
: >"$scratch/gnu/stubs-32.h"
cd "$root"
failed=0
for source in core/*.c core/*/*.c backends/*.c backends/*/*.c cli/*.c cli/*/*.c bench/mock/*.c bench/load/*.c frontends/*/*.c; do
    $cc -m32 -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fsyntax-only \
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Werror \
        -isystem "$scratch" -idirafter "/usr/include/$machine" -isystem /usr/include/json-c \
        -Icore/include -I"$build/include" -Icore -Ibackends -Icli -Ibench -Ifrontends "$source" || failed=1
done
exit $failed
