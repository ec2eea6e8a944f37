#!/bin/sh
# How many instructions `glimpse batch` spends on a line that is sent: raw chat lines of 400 bytes, the mock's
# answers of 0.8 KiB, 32 in flight, nothing kept. With the same libraries the same within 1 %.
#
#     sh bench/micro/batch_instructions.sh [PROGRAM [PROFILE]]
#
# Needs valgrind, and build/release/glimpse. The difference of two runs of unlike length leaves out what
# starting and ending cost; instructions of the kernel are not counted. PROFILE gets what callgrind_annotate reads,
# of a run of 5,000 lines. libcurl's share holds what it calls in the C library, and not our callbacks; ours is the
# rest without libevent's own. The last lines are one a figure, with tabs between: name, measured, required at most.
# Exit 1: one is missed.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
command -v valgrind >/dev/null || { echo "batch_instructions.sh: no valgrind here" >&2; exit 69; }
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT

. bench/micro/chat_lines.sh

counted() { # LINES PROFILE: the instructions of a run
    lines "$1" >"$dir/in"
    OPENAI_API_KEY=sk-abcdef0123456789 valgrind --tool=callgrind --callgrind-out-file="$2" \
        "$program" batch "$dir/in" -o "$dir/out" --overwrite --base-url "http://127.0.0.1:$(cat "$dir/port")/v1" \
        --cache-size 0 --concurrency 32 -q 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

"$program" mock --port-file "$dir/port" >/dev/null &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done
# Three numbers of a profile: all instructions, libcurl's with what it calls, libevent's own.
shares() { # PROFILE
    awk '
    function named(line, table,    id) {
        match(line, /\([0-9]+\)/)
        id = substr(line, RSTART, RLENGTH)
        if (length(line) > RSTART + RLENGTH) table[id] = substr(line, RSTART + RLENGTH + 1)
        return id
    }
    /^ob=/ { here = named($0, object); there = ""; next }
    /^cob=/ { there = named($0, object); next } # only where it is another one
    /^calls=/ { called = 1; next }
    /^[-+*0-9]/ {
        if (!called) {
            all += $2
            if (object[here] ~ /libevent/) event += $2
        } else if (there != "" && object[there] ~ /libcurl/) {
            if (object[here] !~ /libcurl/) curl += $2
        } else if (there != "" && object[here] ~ /libcurl/ && object[there] ~ program) curl -= $2 # a callback
        called = 0
        there = ""
    }
    END { printf "%.0f %.0f %.0f\n", all, curl, event }' program="/$(basename "$program")\$" "$1"
}

counted 1000 "$dir/few" >/dev/null
counted 5000 "$dir/many" >/dev/null
[ -z "${2-}" ] || cp "$dir/many" "$2"
echo "$(shares "$dir/few") $(shares "$dir/many")" | awk '{
    all = ($4 - $1) / 4000; curl = ($5 - $2) / 4000; event = ($6 - $3) / 4000; own = all - curl - event
    printf "batch %8d instructions a line: %d ours, %d libcurl, %d libevent\n", all, own, curl, event
    printf "batch_instructions\t%.0f\t130000\nbatch_own_instructions\t%.0f\t55000\n", all, own
    exit all > 130000 || own > 55000
}'
