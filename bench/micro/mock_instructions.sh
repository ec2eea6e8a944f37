#!/bin/sh
# How many instructions the mock spends on an answer when it has nothing to wait for: on one machine the
# same number each time, where requests a second depend on what else runs.
#
#     sh bench/micro/mock_instructions.sh [PROGRAM]
#
# Needs valgrind and perl, and build/release/glimpse. The difference of two runs of unlike length leaves
# out what starting and ending cost; instructions of the kernel are not counted.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-build/release/glimpse}
for tool in valgrind perl; do
    command -v $tool >/dev/null || { echo "mock_instructions.sh: no $tool here" >&2; exit 69; }
done
dir=$(mktemp -d)
mock=
stop() {
    [ -z "$mock" ] || kill "$mock" 2>/dev/null || true
    rm -rf "$dir"
}
trap stop EXIT

counted() { # PATH BODY REQUESTS: the instructions of a run
    rm -f "$dir/port"
    valgrind --tool=callgrind --callgrind-out-file="$dir/out" "$program" mock --token-rate 0 --port-file "$dir/port" \
        >/dev/null 2>"$dir/err" &
    mock=$!
    while [ ! -s "$dir/port" ]; do kill -0 "$mock"; done
    perl -MIO::Socket::INET -e 'my ($port, $path, $body, $count) = @ARGV;
        my $s = IO::Socket::INET->new("127.0.0.1:$port") or die "connect: $!";
        for (1 .. $count) {
            print $s "POST $path HTTP/1.1\r\nHost: mock\r\nContent-Type: application/json\r\nContent-Length: "
                . length($body) . "\r\n\r\n$body";
            $s->flush;
            my $got = "";
            until ($got =~ /\r\n0\r\n\r\n$/ || ($got =~ /content-length: (\d+).*?\r\n\r\n/s && length($got) - $+[0] >= $1)) {
                sysread($s, $got, 1 << 16, length $got) or die "read: $!";
            }
        }' "$(cat "$dir/port")" "$@"
    kill "$mock"
    wait "$mock" || true
    mock=
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$dir/err"
}

each() { # NAME PATH BODY
    few=$(counted "$2" "$3" 100)
    many=$(counted "$2" "$3" 1100)
    printf '%-12s %8d instructions an answer\n' "$1" $(((many - few) / 1000))
}
messages='"messages":[{"role":"user","content":"hello"}]'
each chat /v1/chat/completions "{\"model\":\"m\",$messages}"
each "a stream" /v1/chat/completions "{\"model\":\"m\",\"stream\":true,$messages}"
each "a response" /v1/responses '{"model":"m","input":"hello"}'
each "an embedding" /v1/embeddings '{"model":"m","input":"hello"}'
