#!/bin/sh
# A server that is not up yet is reached by trying again, and not at the first attempt.
. "$(dirname "$0")/lib.sh"

"$examples/example_backoff" >"$scratch/out"
grep -qxF 'attempt 1' "$scratch/out" || die "no first attempt"
tail -n 1 "$scratch/out" | grep -qE '^connected after ([2-9]|1[0-9]|20) attempts$' ||
    { cat "$scratch/out"; die "not connected by a retry"; }
