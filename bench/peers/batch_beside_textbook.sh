#!/bin/sh
# The processor time of a request of a whole `glimpse batch` beside the textbook curl_multi loop that
# sends the same bodies and only takes the answers into memory:
#
#     sh bench/peers/batch_beside_textbook.sh [ROUNDS]
#
# Raw chat lines of 400 bytes, answers of 1 KiB, nothing kept; 32, 1,000 and 10,000 in flight, the last
# with answers after 1 s. The connections are up before the meter starts. Client on CPU 0, mock on CPU 1, by turns;
# user and system time, medians of ROUNDS (5). The last lines are one a figure, with tabs between:
# name, measured, required at most. Needs two cores and build/release/{glimpse,bench/glimpse-bench-wire};
# takes five minutes.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-5}
wire=build/release/bench/glimpse-bench-wire
program=${GLIMPSE-build/release/glimpse}
for tool in "$wire" "$program"; do
    [ -x "$tool" ] || { echo "batch_beside_textbook.sh: no $tool" >&2; exit 69; }
done
ulimit -n "$(ulimit -H -n)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 10100 ] ||
    { echo "batch_beside_textbook.sh: 10,000 connections need 10,100 descriptors (ulimit -n)" >&2; exit 69; }
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT

level() { # IN-FLIGHT REQUESTS REQUIRED [OPTION...]
    in_flight=$1 requests=$2 required=$3
    shift 3
    "$wire" --rounds "$rounds" --in-flight "$in_flight" --requests "$requests" --body 318 --program "$program" \
        --only textbook --only "glimpse batch" "$@" >"$figures.level" || { cat "$figures.level"; exit 1; }
    cat "$figures.level"
    sed -n "s|.*batch / textbook, CPU a request \([0-9.]*\)$|batch_cpu_beside_textbook_$in_flight\t\1\t$required|p" \
        "$figures.level" >>"$figures"
    rm "$figures.level"
    echo
}
level 32 30000 0.90
level 1000 30000 0.75
level 10000 30000 0.15 --latency 1s
cat "$figures"
