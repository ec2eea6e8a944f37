#!/bin/sh
# Very many requests in flight at once over HTTP/2 and TLS, from one thread (bench/micro/streams.c): nghttpx in front
# of the mock, the client on CPU 0, both servers on CPU 1.
#
#     sh bench/micro/streams.sh [REQUESTS [LATENCY]]
#
# nghttpx has one descriptor a stream, so there is a pair of servers for each 17,000 requests, 18,000 descriptors
# each, on free ports. Needs build/release/{glimpse,bench/glimpse-micro-streams}, nghttpx (Debian's nghttp2-proxy),
# openssl, curl; at most four minutes. The last lines are one a figure, with tabs between: name, measured, required.
# Exit 1: one is missed.
set -eu
cd "$(dirname "$0")/../.."
requests=${1:-100000}
latency=${2:-2s}
for tool in nghttpx openssl curl; do
    command -v $tool >/dev/null || { echo "streams.sh: no $tool here" >&2; exit 69; }
done
ulimit -n "$(ulimit -H -n)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 18000 ] ||
    { echo "streams.sh: 18,000 descriptors are not allowed here (ulimit -n)" >&2; exit 69; }
dir=$(mktemp -d)
servers=
stop() {
    for server in $servers; do kill "$server" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap stop EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key" -out "$dir/certificate" 2>"$dir/log"

free_port() { # a server of ours that had it for a moment
    rm -f "$dir/free"
    build/release/glimpse mock --port-file "$dir/free" >/dev/null &
    while [ ! -s "$dir/free" ]; do kill -0 $!; done
    kill $!
    wait $! || true
    cat "$dir/free"
}

urls=
pairs=$(((requests + 16999) / 17000))
for pair in $(seq "$pairs"); do
    taskset -c 1 build/release/glimpse mock --latency "$latency" --port-file "$dir/$pair" >/dev/null &
    servers="$servers $!"
    while [ ! -s "$dir/$pair" ]; do kill -0 $!; done
    front=$(free_port)
    taskset -c 1 nghttpx --conf=/dev/null --workers=1 --no-ocsp --log-level=ERROR --errorlog-file="$dir/log" \
        --frontend="127.0.0.1,$front" --frontend-http2-max-concurrent-streams=1000 \
        --backend="127.0.0.1,$(cat "$dir/$pair");;proto=http/1.1" --backend-read-timeout=300s \
        "$dir/key" "$dir/certificate" 2>>"$dir/log" &
    servers="$servers $!"
    until curl -sk -o /dev/null "https://127.0.0.1:$front/__mock/stats"; do kill -0 $!; done
    urls="$urls https://127.0.0.1:$front/v1"
done
status=0
# shellcheck disable=SC2086 # a word each
taskset -c 0 timeout 240 build/release/bench/glimpse-micro-streams "$requests" "$dir/certificate" $urls || status=$?
exit $status
