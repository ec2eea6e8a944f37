#!/bin/sh
# How many instructions the engine spends on a request of each kind (bench/micro/engine.c) when the
# sampler answers at once: with the same libraries the same within 0.1 %, where the time depends on what else runs.
#
#     sh bench/micro/engine_instructions.sh [PROGRAM...]
#
# Needs valgrind, and build/release/bench/glimpse-micro-engine. The difference of two runs of unlike
# length leaves out what starting and ending cost; instructions of the kernel are not counted.
set -eu
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || { echo "engine_instructions.sh: no valgrind here" >&2; exit 69; }
[ $# -ne 0 ] || set -- build/release/bench/glimpse-micro-engine

counted() { # PROGRAM KIND REQUESTS: the instructions of a run
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

for kind in sent miss draft hit shared packed; do
    for program; do
        few=$(counted "$program" $kind 2048)
        many=$(counted "$program" $kind 6144)
        printf '%-7s %7d instructions a request  %s\n' $kind $(((many - few) / 4096)) "$program"
    done
done
