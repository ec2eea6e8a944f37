#!/bin/sh
# How fast the mock answers when it has nothing to wait for, beside nginx with a fixed answer of the same
# size, both on one core and asked by wrk on another, in turns:
#
#     sh bench/peers/mock_null.sh [ROUNDS]
#
# Needs wrk, nginx (Debian: nginx-light) and build/release/glimpse.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-5}
for tool in wrk nginx taskset; do
    command -v $tool >/dev/null || { echo "mock_null.sh: no $tool here" >&2; exit 69; }
done
dir=$(mktemp -d)
stop() {
    [ ! -s "$dir/nginx.pid" ] || kill "$(cat "$dir/nginx.pid")" 2>/dev/null || true
    [ -z "${mock:-}" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT
taskset -c 0 build/release/glimpse mock --port-file "$dir/port" >"$dir/mock.out" &
mock=$!
while [ ! -s "$dir/port" ]; do kill -0 $mock; done
port=$(cat "$dir/port")
# One answer of the mock's, to have its size.
perl -e 'use IO::Socket::INET; my $b = q({"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]});
    my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
    print $s "POST /v1/chat/completions HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " . length($b) . "\r\n\r\n$b";
    local $/; my $a = <$s>; $a =~ s/.*?\r\n\r\n//s; print $a' "$port" >"$dir/answer"
# nginx takes any port that is free by asking for one behind the mock's.
free=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
cat >"$dir/nginx.conf" <<CONF
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
    server { listen 127.0.0.1:$free; location / { default_type application/json; return 200 '$(cat "$dir/answer")'; } }
}
CONF
taskset -c 0 nginx -c "$dir/nginx.conf"
ask() { # port
    taskset -c 1 wrk -t1 -c64 -d3s -s bench/peers/wrk_chat.lua "http://127.0.0.1:$1/v1/chat/completions" |
        awk '/Requests\/sec/ { printf "%d\n", $2 }'
}
for _ in $(seq "$rounds"); do
    ask "$port" >>"$dir/mock.rates"
    ask "$free" >>"$dir/nginx.rates"
done
for name in mock nginx; do
    sort -n "$dir/$name.rates" | awk -v n=$name '{ r[NR] = $1 } END {
        printf "%-6s requests/s: median %d, of %d from %d to %d\n", n, r[int((NR + 1) / 2)], NR, r[1], r[NR] }'
done
