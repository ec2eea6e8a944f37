#!/bin/sh
# An engine, a timer and a socket share one base, with the local sampler and over a connection.
. "$(dirname "$0")/lib.sh"

"$examples/example_embed" >"$scratch/local"
lines_fit "$scratch/local" '^aligned \(local\): .' '^aligned \(local\): .' '^aligned \(local\): .' \
    '^3 of 3 answered, the timer beside them ticked: yes$'

start_mock --latency 50ms
"$examples/example_embed" >"$scratch/asked"
lines_fit "$scratch/asked" '^aligned \(live\): .' '^aligned \(live\): .' '^aligned \(live\): .' \
    '^3 of 3 answered, the timer beside them ticked: yes$'

GLIMPSE_THRESHOLDS=4,3,2,1 "$examples/example_embed" 2>"$scratch/refused" && die "accepted"
lines_fit "$scratch/refused" 'THRESHOLDS'
