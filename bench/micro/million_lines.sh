#!/bin/sh
# A million lines of 1,000 distinct requests through `glimpse batch` on one core, answered from the cache in memory;
# and `--resume` of the million finished lines:
#
#     sh bench/micro/million_lines.sh [PROGRAM]
#
# Times are CPU times of whole processes, user and system; those of the clock are beside them. The last lines are one a figure, with tabs between: name,
# measured, required, and "at least" where more is better. Needs 2.5 GB below TMPDIR. Exit 1: one is missed.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
lines=1000000
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

awk -v n=$lines 'BEGIN { for (i = 1; i <= n; i++) printf "{\"custom_id\":\"r%d\",\"method\":\"POST\"," \
    "\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":" \
    "\"user\",\"content\":\"question number %d\"}],\"max_tokens\":64}}\n", i, i % 1000 }' >"$dir/in"
taskset -c 1 "$program" mock --port-file "$dir/port" >/dev/null &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done

took() { # OPTIONS...: sets seconds, of CPU, and clock, with the last sync
    began=$(date +%s.%N)
    (
        OPENAI_API_KEY=sk-abcdef0123456789 taskset -c 0 "$program" batch "$dir/in" -o "$dir/out" -q \
            --base-url "http://127.0.0.1:$(cat "$dir/port")/v1" "$@"
        times >"$dir/times" # of the shell, and of what it ran
    )
    clock=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }')
    seconds=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/)
        printf "%.2f", 60 * (u[1] + s[1]) + u[2] + s[2] }' "$dir/times")
    [ "$(wc -l <"$dir/out")" -eq $lines ] || { echo "million_lines.sh: not $lines records" >&2; exit 1; }
}
took
filled=$seconds
echo "$lines lines from the cache: $seconds s of CPU, $clock s"
took --resume
echo "taken up again: $seconds s of CPU, $clock s"
awk -v lines=$lines -v filled="$filled" -v resumed="$seconds" 'BEGIN {
    rate = lines / filled
    printf "lines_a_second_from_the_cache\t%.0f\t400000\tat least\n", rate
    printf "resume_of_a_million_s\t%.2f\t4\n", resumed
    exit rate < 400000 || resumed > 4
}'
