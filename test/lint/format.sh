#!/bin/sh
# All C files are as clang-format and .clang-format make them: clang-format 19 or later, since 14,
# which Debian 12 calls clang-format, breaks some lines otherwise. There it is clang-format-19.
. "$(dirname "$0")/lib.sh"

# Sets formatter to the first that is new enough.
find_formatter() {
    for formatter in clang-format-19 clang-format; do
        major=$("$formatter" --version 2>/dev/null | sed 's/.*version \([0-9]*\).*/\1/')
        [ "${major:-0}" -lt 19 ] || return 0
    done
    needs clang-format-19
}

check() { # root
    cd "$1" || exit
    sources . '*.c' '*.h' >"$scratch/files"
    xargs "$formatter" --dry-run -Werror <"$scratch/files" 2>&1 |
        sed -n "s/^\([^ ]*\): error:.*/\1: not as $formatter -i makes it/p" >"$scratch/findings"
    report "$scratch/findings"
}

self_test() {
    style=$(cd "$(dirname "$0")/../.." && pwd)/.clang-format
    sample .clang-format <"$style"
    printf 'int  a = 1 ;\n' | sample core/engine/engine.c
    refused 'two blanks'
    sample .clang-format <"$style"
    printf 'int a = 1;\n' | sample core/engine/engine.c
    accepted 'a line as it should be'
}

find_formatter
lint_main "$@"
