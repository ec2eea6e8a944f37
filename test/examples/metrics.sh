#!/bin/sh
# A program's own server tells the engine's metrics and the program's own, until it is told to end.
. "$(dirname "$0")/lib.sh"
needs promtool

mkfifo "$scratch/said"
"$examples/example_metrics" 0 >"$scratch/said" &
mock=$! # ended with the test
exec 4<"$scratch/said"
IFS= read -r url <&4 || die "it did not start"
tries=0
until curl -s "$url" >"$scratch/text" && grep -qx 'example_results_total 1' "$scratch/text"; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || die "the result is not told"
    sleep 0.05
done
grep -qx 'glimpse_requests_total{status="aligned"} 1' "$scratch/text" || die "no result is counted"
promtool check metrics <"$scratch/text" >"$scratch/lint" 2>&1 || die "$(cat "$scratch/lint")"
kill -INT "$mock"
wait "$mock" || die "exit $?"
mock=
