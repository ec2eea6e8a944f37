#!/bin/sh
# How many instructions the mock runs for one request with nothing to wait for, on one connection:
#
#     sh bench/mock_instructions.sh [GLIMPSE [MOCK OPTIONS...]]
#
# The difference of two runs under callgrind, so that start and end do not count. The kernel's part is
# not in it. Needs valgrind and perl.
set -eu
cd "$(dirname "$0")/.."
glimpse=${1:-build/release/glimpse}
[ $# = 0 ] || shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
instructions() { # REQUESTS, mock options...
    requests=$1
    shift
    rm -f "$dir/port"
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$glimpse" mock --port-file "$dir/port" "$@" \
        >/dev/null 2>"$dir/said" &
    mock=$!
    while [ ! -s "$dir/port" ]; do
        kill -0 $mock || { cat "$dir/said" >&2; exit 70; }
        sleep 0.1
    done
    perl -e 'use IO::Socket::INET; my ($port, $n) = @ARGV;
        my $body = q({"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]});
        my $ask = "POST /v1/chat/completions HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer x\r\n" .
            "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
        my $s = IO::Socket::INET->new("127.0.0.1:$port") or die "connect: $!";
        for (1 .. $n) {
            syswrite $s, $ask or die;
            my $got = "";
            until ($got =~ /\r\ncontent-length: (\d+).*?\r\n\r\n(.*)/s && length($2) == $1) {
                sysread $s, $got, 65536, length $got or die "the mock closed";
            }
        }' "$(cat "$dir/port")" "$requests"
    kill $mock
    wait $mock || true
    awk '/Collected/ { print $4 }' "$dir/said"
}
few=$(instructions 1000 "$@")
many=$(instructions 3000 "$@")
echo "$(((many - few) / 2000)) instructions a request"
