#!/bin/sh
# The price of a request: every figure that is required of it, measured beside required.
#
#     sh bench/run-all.sh [--tsv] [GROUP...]
#
# GROUP, each a script of its own: batch, instructions, memory, hit, lines, idle, sse, start, rates, streams, million, serve;
# all of them when none is named. Builds what is measured (build/release) first; takes less than 25 minutes. What a
# script says is in build/run-all/GROUP.log. --tsv prints a line a figure, with tabs between: name, measured,
# required, "at most" or "at least", and "held", "missed" or "not measured".
#
# Exit 1: a figure is missed. One that is not measured, because a tool or a file descriptor is lacking, is not held
# either: its row says why. Needs two cores, Linux, valgrind, python3 with aiohttp, node 20, npm, go, curl, openssl, nghttpx,
# nginx, wrk; times are of a machine that does nothing else.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
plain=
[ "${1-}" != --tsv ] || { plain=1 && shift; }
log=build/run-all
mkdir -p "$log"

# Name, group, and what is measured; required is what the script says that measures it.
rows='
batch_cpu_beside_textbook_32|batch|CPU a request of `batch` / textbook loop, 32 in flight
batch_cpu_beside_textbook_1000|batch|the same, 1,000 in flight
batch_cpu_beside_textbook_10000|batch|the same, 10,000 in flight, answers after 1 s
batch_instructions|instructions|instructions a request of `batch`, 32 in flight
batch_own_instructions|instructions|of them ours, with what we call in libc and libcrypto
memory_of_a_request_in_flight_kib|memory|resident KiB a request in flight at 10,000, HTTP/1.1
cache_hit_us|hit|us of a cache hit, submit to callback, prompt of 600 bytes
lines_a_second_from_the_cache|lines|lines a second of CPU of `batch` from a full cache
resume_of_a_million_s|lines|s of CPU of `--resume` of a million finished lines
idle_added_latency_us_p50|idle|us that a request at idle takes longer than by curl_easy_perform, p50
sse_events_a_second_one_a_read|sse|SSE events a second, one a read
sse_events_a_second_4_kib_reads|sse|the same, reads of 4 KiB
sse_events_a_second_by_an_engine|sse|the same, through an engine
sse_byte_reads_to_4_kib_reads|sse|cost of a 4 MiB event in 1-byte reads / 4 KiB reads
run_of_a_stored_answer_beside_curl|start|`run` of a stored answer / `curl --version`, start to exit
rate_beside_aiohttp|rates|requests a second on one core at 256 in flight / aiohttp
rate_beside_undici|rates|the same / undici
rate_beside_go_net_http|rates|the same / Go, net/http and encoding/json
rate_beside_openai_node_sdk|rates|the same / the official Node SDK
streams_in_flight_at_once|streams|requests in flight at once over HTTP/2 and TLS, answers after 2 s
streams_answered|streams|of them answered
streams_memory_mib|streams|their memory, MiB
streams_notice_late_ms_max|streams|ms that a notice of a threshold is late, at most
streams_turn_ms_max|streams|ms of a turn of the loop, at most
simulated_request_bytes|million|bytes a request, 1,000,000 in flight on the simulated sampler
simulated_requests_delivered|million|of them delivered
serve_cpu_us_miss_8|serve|us of CPU a request of `serve` that it asks for, 8 connections
serve_cpu_us_miss_256|serve|the same, 256 connections
serve_cpu_us_hit_8|serve|us of CPU a request of `serve` from its memory, 8 connections
serve_cpu_us_hit_256|serve|the same, 256 connections
serve_added_us_p50|serve|us that a request takes longer through `serve`, one connection, p50
serve_added_ttft_ms|serve|ms that the first text of a stream takes longer, p50
serve_rate_beside_portkey|serve|requests a second on one core / @portkey-ai/gateway
serve_streams|serve|streams through `serve` at once
serve_streams_memory_mb|serve|its memory with them, MB
'

program=build/release/glimpse
measure() { # GROUP
    case $1 in
    batch) sh bench/peers/batch_beside_textbook.sh 5 ;;
    instructions) sh bench/micro/batch_instructions.sh ;;
    memory) SKIP_TEXTBOOK=1 sh bench/peers/flight_memory.sh ;;
    hit) taskset -c 0 build/release/bench/glimpse-micro-cache-hit ;;
    lines) sh bench/micro/million_lines.sh ;;
    idle) build/release/bench/glimpse-micro-idle-latency ;;
    sse) taskset -c 0 build/release/bench/glimpse-micro-sse ;;
    start) /usr/bin/python3 bench/peers/start.py $program 200 ;;
    rates) sh bench/peers/load.sh 3 5 256 ;;
    streams) cmake --build build/release --target glimpse-micro-streams && sh bench/micro/streams.sh ;;
    million) taskset -c 0 build/release/bench/glimpse-micro-million ;;
    serve) sh bench/serve.sh ;;
    *)
        echo "run-all.sh: no group $1" >&2
        exit 64
        ;;
    esac
}

build() {
    cmake --preset release &&
        cmake --build build/release --target glimpse-program glimpse-bench-wire glimpse-micro-cache-hit \
            glimpse-micro-idle-latency glimpse-micro-sse glimpse-micro-million
}

say_machine() {
    echo "$(date -u +%Y-%m-%d), $(. /etc/os-release && echo "$PRETTY_NAME"), kernel $(uname -r), $(nproc) cores:" \
        "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
    cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' build/release/CMakeCache.txt)
    echo "$(git describe --always --dirty 2>/dev/null || echo no commit), $("$cc" --version | head -1)," \
        "libcurl $(pkg-config --modversion libcurl), libevent $(pkg-config --modversion libevent)," \
        "OpenSSL $(pkg-config --modversion libcrypto)"
    for tool in node go /usr/bin/python3; do
        ! command -v $tool >/dev/null || $tool version 2>/dev/null || echo "$tool $($tool --version)"
    done | sed 's,^/usr/bin/,,' | paste -sd' '
    echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
    echo
}

rows_of() { # GROUP
    printf '%s' "$rows" | awk -F'|' -v group="$1" '$2 == group'
}

# Joins the rows of a group with its figures; leaves a word in $log/missed for each that is not held.
judge() { # GROUP, exit code of its script
    why=$(tail -n 1 "$log/$1.log" | cut -c1-60 | tr '\t' ' ')
    [ "$2" -ne 0 ] || why="its script does not say it"
    rows_of "$1" | awk -F'\t' -v plain="$plain" -v why="$why" -v missed="$log/missed" '
    FILENAME == ARGV[1] { if (NF >= 3 && $1 ~ /^[a-z0-9_]+$/) { measured[$1] = $2; required[$1] = $3; least[$1] = $4 ~ /least/ } next }
    {
        split($0, row, "|"); name = row[1]
        if (!(name in measured)) { state = "not measured"; word = "at most" }
        else {
            m = measured[name] + 0; r = required[name] + 0
            held = least[name] ? m >= r : m <= r
            state = held ? "held" : "missed"; word = least[name] ? "at least" : "at most"
        }
        if (state != "held") print name >>missed
        if (plain) printf "%s\t%s\t%s\t%s\t%s\n", name, measured[name], required[name], word, state
        else if (state == "not measured") printf "%-6s  %-70s not measured: %s\n", "-", row[3], why
        else printf "%-6s  %-70s %10s  %s %s\n", state == "held" ? "held" : "MISSED", row[3], measured[name], word, required[name]
    }' "$log/$1.log" -
}

[ $# -ne 0 ] || set -- batch instructions memory hit lines idle sse start rates streams million serve
build >"$log/build.log" 2>&1 || { tail -n 40 "$log/build.log" >&2; exit 69; }
rm -f "$log/missed"
[ -n "$plain" ] || say_machine
for group; do
    code=0
    measure "$group" >"$log/$group.log" 2>&1 || code=$?
    [ $code -ne 64 ] || { cat "$log/$group.log" >&2; exit 64; }
    judge "$group" $code
done
[ ! -s "$log/missed" ]
