#!/bin/sh
# The shared library gives out glimpse_ names only, defines everything it does not take from the
# libraries it stands on, and takes nothing that would print, exit, sleep or start a thread.
# Run as symbols.sh ROOT BUILD.
. "$(dirname "$0")/lib.sh"

unwanted='pthread_create|thrd_create|sleep|usleep|nanosleep|exit|_exit|quick_exit|printf|puts|putchar|perror|signal|sigaction|setlocale|getaddrinfo|system|fork|popen'

check() { # root, build
    library=${2:-$1}/libglimpse.so
    nm -D --defined-only "$library" >"$scratch/defined"
    nm -D --undefined-only "$library" >"$scratch/undefined"
    {
        awk '$NF !~ /^glimpse_/ { print $NF ": given out, and not named glimpse_" }' "$scratch/defined"
        awk -v unwanted="^($unwanted)\$" '
            { name = $NF; sub(/@.*/, "", name) }
            name ~ unwanted { print name ": taken, and not to be used by the library" }
            name ~ /^(gl|glimpse)_/ { print name ": used and nowhere defined" }
        ' "$scratch/undefined"
        grep -q ' glimpse_' "$scratch/defined" || echo "$library: gives out nothing"
    } >"$scratch/findings"
    report "$scratch/findings"
}

library() { # source from stdin
    cat >"$scratch/library.c"
    cc -shared -fPIC -o "$tree/libglimpse.so" "$scratch/library.c"
}

self_test() {
    echo 'int glimpse_a(void) { return 1; } int helper(void) { return 2; }' | library
    refused 'a name without the prefix'
    echo 'int sleep(int); int glimpse_a(void) { return sleep(1); }' | library
    refused 'a library that sleeps'
    echo 'int gl_gone(void); int glimpse_a(void) { return gl_gone(); }' | library
    refused 'a function that nobody wrote'
    echo 'static int a;' | library
    refused 'an empty library'
    echo 'static int b(void) { return 1; } int glimpse_a(void) { return b(); }' | library
    accepted 'a library as it should be'
}

lint_main "$@"
