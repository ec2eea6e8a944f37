#!/bin/sh
# Two spellings of a request have one key; what is stored is found until its time is over.
. "$(dirname "$0")/lib.sh"

"$examples/example_cache_alone" >"$scratch/out"
lines_fit "$scratch/out" '^key [0-9a-f]{16}\.\.\., spelled otherwise: the same key$' \
    '^before: \(not there\)$' '^a minute later: Yes, ' '^two hours later: \(not there\)$' \
    '^hit rate 0\.33$'
