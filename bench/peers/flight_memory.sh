#!/bin/sh
# Resident memory of a request in flight: `glimpse batch` with raw chat lines of 400 bytes over HTTP/1.1, twice as
# many lines as places in flight, so that answers are read and records written while all places are taken; beside it
# the textbook loop of libcurl, whose memory is libcurl's and the answers' alone.
#
#     sh bench/peers/flight_memory.sh [PROGRAM [IN_FLIGHT]]
#
# The figure is the growth of the program's peak (VmHWM) from a job of ten lines with one in flight, divided by the
# requests in flight. That they were all in flight at once is what the mock says. The last line is the figure, with
# tabs between: name, measured, required at most. Needs build/release/{glimpse,bench/glimpse-bench-wire} and one
# descriptor a request; takes four minutes, two with SKIP_TEXTBOOK=1, which leaves out libcurl's share. Exit 1: it is missed.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
places=${2:-10000}
required=13 # KiB
descriptors=$((places + 500))
command -v curl >/dev/null || { echo "flight_memory.sh: no curl here" >&2; exit 69; }
ulimit -n "$descriptors" 2>/dev/null || {
    echo "flight_memory.sh: $descriptors descriptors are not allowed here (ulimit -n)" >&2
    exit 69
}
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT

. bench/micro/chat_lines.sh

taskset -c 1 "$program" mock --latency "$((places / 500 + 2))s" --port-file "$dir/port" >/dev/null &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done
base=http://127.0.0.1:$(cat "$dir/port")

job() { # LINES CONCURRENCY: the peak in bytes
    lines "$1" >"$dir/in"
    OPENAI_API_KEY=sk-abcdef0123456789 taskset -c 0 "$program" batch "$dir/in" -o "$dir/out" --overwrite -q \
        --alerts off --base-url "$base/v1" --concurrency "$2" --cache-size 0 --summary "$dir/summary"
    sed -n 's/.*"max_rss_bytes": *\([0-9]*\).*/\1/p' "$dir/summary"
}
peak=$(job $((places * 2)) "$places")
at_once=$(curl -s "$base/__mock/stats" | sed -n 's/.*"peak_in_flight": *\([0-9]*\).*/\1/p')
answered=$(grep -c '"status_code":200' "$dir/out" || true)
curl -s -X PUT "$base/__mock/settings" -d '{"latency":"0"}' >"$dir/set"
least=$(job 10 1)
kill "$mock"
mock=
echo "glimpse batch: $answered of $((places * 2)) answered, at most $at_once in flight, peak $((peak / 1024)) KiB, $((least / 1024)) KiB with one in flight"
[ "$at_once" -eq "$places" ] && [ "$answered" -eq $((places * 2)) ] || exit 1
[ -n "${SKIP_TEXTBOOK-}" ] || for buffer in 16384 1024; do # libcurl's default, and its smallest
    echo "libcurl's own share, by the textbook loop with a receive buffer of $buffer bytes (RSS: the peak, and its growth):"
    build/release/bench/glimpse-bench-wire --in-flight "$places" --requests "$places" --rounds 1 --only textbook \
        --latency "$((places / 500 + 2))s" --buffer "$buffer" | grep textbook
done
awk -v grown="$((peak - least))" -v places="$places" -v required="$required" 'BEGIN {
    each = grown / places / 1024
    printf "memory_of_a_request_in_flight_kib\t%.4g\t%g\n", each, required
    exit each > required
}'
