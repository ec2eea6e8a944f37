#!/bin/sh
# A sampler of the program's own answers a draft. The example is shorter than 60 lines.
. "$(dirname "$0")/lib.sh"

[ "$(wc -l <"$root/docs/examples/own_sampler.c")" -lt 60 ] ||
    die "own_sampler.c has 60 lines or more"
"$examples/example_own_sampler" >"$scratch/answered"
lines_fit "$scratch/answered" '^THE MEETING MOVED$'
