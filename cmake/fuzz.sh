#!/bin/sh
# Runs every fuzzer for a while: sh cmake/fuzz.sh SECONDS [NAME...]
#
# Starts from test/fuzz/corpus/NAME; what is found goes to build/fuzz/found/NAME. An input that
# breaks something is kept there as crash-*: put it into the corpus with the fix. Needs clang and
# the packages of `sh cmake/bootstrap.sh test --all`.
set -eu
cd "$(dirname "$0")/.."

case "${1-}" in
'' | *[!0-9]*)
    echo "usage: sh cmake/fuzz.sh SECONDS [NAME...]" >&2
    exit 64
    ;;
esac
seconds=$1
shift

cmake --preset fuzz >/dev/null
[ $# -gt 0 ] || set -- $(ls test/fuzz/fuzz_*.c | sed 's,.*/fuzz_,,; s,\.c$,,')
for name in "$@"; do cmake --build --preset fuzz --target "fuzz_$name"; done

for name in "$@"; do
    found=build/fuzz/found/$name
    mkdir -p "$found" "test/fuzz/corpus/$name"
    echo "--- $name, $seconds s"
    build/fuzz/test/"fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$found/" "$found" "test/fuzz/corpus/$name"
done
