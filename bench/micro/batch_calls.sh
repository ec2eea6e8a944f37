#!/bin/sh
# How many times `glimpse batch` takes memory, and calls the kernel, for a line that is sent: raw chat lines, the
# mock's answers of 0.8 KiB, 32 in flight, nothing kept. libcurl's and the C library's included.
#
#     sh bench/micro/batch_calls.sh [PROGRAM]
#
# Needs valgrind, strace, and build/release/glimpse. The difference of two runs of unlike length leaves out what
# starting and ending cost.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
for tool in valgrind strace; do
    command -v $tool >/dev/null || { echo "batch_calls.sh: no $tool here" >&2; exit 69; }
done
few=1000 many=5000
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT

batch() { # LINES COMMAND...
    count=$1
    shift
    awk -v count="$count" 'BEGIN {
        for (i = 0; i < count; i++)
            printf "{\"custom_id\":\"line-%06d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Name three risks of item %06d in plain words.\"}],\"max_tokens\":200}}\n", i, i
    }' >"$dir/in"
    OPENAI_API_KEY=sk-abcdef0123456789 "$@" "$program" batch "$dir/in" -o "$dir/out" --overwrite --cache-size 0 \
        --base-url "http://127.0.0.1:$(cat "$dir/port")/v1" --concurrency 32 -q
}

taken() { # LINES: how often memory was taken
    batch "$1" valgrind 2>&1 | sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' | tr -d ,
}

"$program" mock --port-file "$dir/port" >/dev/null &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done
awk -v few="$(taken $few)" -v many="$(taken $many)" -v lines=$((many - few)) \
    'BEGIN { printf "%.1f times memory is taken for a line\n", (many - few) / lines }'
batch $few strace -f -c -o "$dir/few"
batch $many strace -f -c -o "$dir/many"
awk -v lines=$((many - few)) '
    $NF == "syscall" || $NF == "total" || !($1 + 0 == $1) { next }
    FNR == NR { few[$NF] = $4; next }
    ($4 - few[$NF]) / lines >= 0.005 {
        printf "%8.2f %s\n", ($4 - few[$NF]) / lines, $NF
        sum += ($4 - few[$NF]) / lines
    }
    END { printf "%8.2f system calls for a line\n", sum }' "$dir/few" "$dir/many"
