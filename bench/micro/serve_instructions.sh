#!/bin/sh
# How many instructions `glimpse serve` spends on a request, in front of `glimpse mock`, eight at a time from
# `glimpse batch`: raw chat lines of 400 bytes that it has to ask for (miss), that it has in memory (hit), and streams of
# 17 events that it has to ask for (stream). With the same libraries the same within 1 %.
#
#     sh bench/micro/serve_instructions.sh [PROGRAM [PROFILES]]
#
# Needs valgrind, and build/release/glimpse. The difference of two runs of unlike length leaves out what starting and
# ending cost; instructions of the kernel are not counted. PROFILES.miss and so on get what callgrind_annotate reads.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
command -v valgrind >/dev/null || { echo "serve_instructions.sh: no valgrind here" >&2; exit 69; }
dir=$(mktemp -d)
mock=
serve=
stop() {
    [ -z "$serve" ] || kill "$serve" 2>/dev/null || true
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT

. bench/micro/chat_lines.sh

of_kind() { # KIND LINES: the lines of a job
    case $1 in
    miss) lines "$2" ;;
    hit) lines "$2" | sed 's/Item [0-9]*/Item 000000/' ;;
    stream) lines "$2" | sed 's/"max_tokens"/"stream":true,"max_tokens"/' ;;
    esac
}

counted() { # KIND LINES: the instructions of serve
    of_kind "$1" "$2" >"$dir/in"
    rm -f "$dir/serve"
    OPENAI_API_KEY=sk-abcdef0123456789 valgrind --tool=callgrind --callgrind-out-file="$dir/profile" \
        "$program" serve --listen 127.0.0.1:0 --port-file "$dir/serve" --drain 0 --cache-size 20000 \
        --base-url "http://127.0.0.1:$(cat "$dir/mock")/v1" >/dev/null 2>"$dir/err" &
    serve=$!
    while [ ! -s "$dir/serve" ]; do kill -0 "$serve"; done
    OPENAI_API_KEY=sk-of-the-caller "$program" batch "$dir/in" -o "$dir/out" --overwrite --cache-size 0 --concurrency 8 \
        --base-url "http://127.0.0.1:$(cat "$dir/serve")/v1" -q
    kill "$serve"
    wait "$serve"
    serve=
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$dir/err"
}

"$program" mock --seed 1 --token-rate 0 --port-file "$dir/mock" >/dev/null &
mock=$!
while [ ! -s "$dir/mock" ]; do kill -0 "$mock"; done
for kind in miss hit stream; do
    few=$(counted $kind 500)
    many=$(counted $kind 2500)
    [ -z "${2-}" ] || cp "$dir/profile" "$2.$kind"
    printf '%-7s %7d instructions a request\n' $kind $(((many - few) / 2000))
done
