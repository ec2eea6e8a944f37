#!/bin/sh
# Every header compiles alone, before anything else was included; the public ones also as C++.
# Run as headers.sh ROOT BUILD; version.h is generated in BUILD/include.
. "$(dirname "$0")/lib.sh"

flags='-Wall -Wextra -Wpedantic -Werror -fsyntax-only'

check() { # root, build
    build=$(cd "${2:-$1}" && pwd)
    cd "$1" || exit
    # Libraries whose headers stand where the compiler does not look by itself.
    found=$(pkg-config --cflags libevent_core libcurl json-c libcrypto)
    sources . '*.h' | grep -v '^test/' >"$scratch/headers" || true
    (cd "$build" && find include -name '*.h' 2>/dev/null || true) >"$scratch/generated"
    : >"$scratch/findings"
    while read -r header; do
        # -x: a header named on the command line would count as the main file.
        printf '#include "%s"\n' "$PWD/$header" >"$scratch/alone.c"
        compile cc "$header" "$scratch/alone.c" -std=c11 -D_GNU_SOURCE \
            -Icore -Ibackends -Icli -Ibench -Ifrontends
        case "$header" in
        core/include/*)
            cp "$scratch/alone.c" "$scratch/alone.cc"
            compile c++ "$header" "$scratch/alone.cc" -std=c++11
            ;;
        esac
    done <"$scratch/headers"
    report "$scratch/findings"
}

compile() { # compiler, header, source, flags...
    compiler=$1 header=$2 source=$3
    shift 3
    # shellcheck disable=SC2086
    "$compiler" $flags "$@" -Icore/include -I"$build/include" $found "$source" \
        >"$scratch/said" 2>&1 || {
        echo "$header does not compile alone with $compiler:"
        cat "$scratch/said"
    } >>"$scratch/findings"
}

self_test() {
    echo 'size_t length;' | sample core/base/bad.h
    refused 'a header that lacks an include'
    echo 'static inline int f(int unused) { return 1; }' | sample core/bad.h
    refused 'a header with a warning'
    echo 'typedef struct class { int new; } class_type;' | sample core/include/glimpse/bad.h
    refused 'a public header that is no C++'
    printf '#include <stddef.h>\nsize_t length_of(void);\n' | sample core/base/good.h
    printf 'typedef struct a { int b; } a;\n' | sample core/include/glimpse/good.h
    accepted 'headers that stand alone'
}

needs c++
lint_main "$@"
