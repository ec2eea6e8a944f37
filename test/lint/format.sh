#!/bin/sh
# All C files are as clang-format and .clang-format make them.
. "$(dirname "$0")/lib.sh"

check() { # root
    cd "$1" || exit
    sources . '*.c' '*.h' >"$scratch/files"
    xargs clang-format --dry-run -Werror <"$scratch/files" 2>&1 |
        sed -n 's/^\([^ ]*\): error:.*/\1: not as clang-format makes it/p' >"$scratch/findings"
    report "$scratch/findings"
}

self_test() {
    style=$(cd "$(dirname "$0")/../.." && pwd)/.clang-format
    sample .clang-format <"$style"
    printf 'int  a = 1 ;\n' | sample core/engine.c
    refused 'two blanks'
    sample .clang-format <"$style"
    printf 'int a = 1;\n' | sample core/engine.c
    accepted 'a line as it should be'
}

lint_main "$@"
