#!/bin/sh
# How many instructions `glimpse batch` spends on a line that is sent: raw chat lines of 400 bytes, the mock's
# answers of 0.8 KiB, 32 in flight, nothing kept. With the same libraries the same within 1 %.
#
#     sh bench/micro/batch_instructions.sh [PROGRAM [PROFILE]]
#
# Needs valgrind, and build/release/glimpse. The difference of two runs of unlike length leaves out what
# starting and ending cost; instructions of the kernel are not counted. PROFILE gets what callgrind_annotate reads,
# of a run of 5,000 lines.
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

lines() { # COUNT
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < 8; i++)
            words = words "summarize the quarterly report of the northern branch and name three risks in plain words. "
        for (i = 0; i < count; i++) {
            begin = sprintf("{\"custom_id\":\"line-%06d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a careful assistant that answers in full sentences.\"},{\"role\":\"user\",\"content\":\"Item %06d: ", i, i)
            end = "\"}],\"max_tokens\":200,\"temperature\":0.7}}"
            print begin substr(words, 1, 400 - length(begin) - length(end)) end
        }
    }'
}

counted() { # LINES PROFILE: the instructions of a run
    lines "$1" >"$dir/in"
    OPENAI_API_KEY=sk-abcdef0123456789 valgrind --tool=callgrind --callgrind-out-file="$2" \
        "$program" batch "$dir/in" -o "$dir/out" --overwrite --base-url "http://127.0.0.1:$(cat "$dir/port")/v1" \
        --cache-size 0 --concurrency 32 -q 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

"$program" mock --port-file "$dir/port" >/dev/null &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done
few=$(counted 1000 /dev/null)
many=$(counted 5000 "${2:-/dev/null}")
printf 'batch %8d instructions a line\n' $(((many - few) / 4000))
