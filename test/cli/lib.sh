#!/bin/sh
# sh lib.sh GLIMPSE SCRIPT - runs one test script in a fresh directory, with the helpers below.
# A script holds when it ends with exit 0; whatever it started is killed by its number.
set -eu
GLIMPSE=$1
script=$2
TMPDIR=$(mktemp -d)
export GLIMPSE TMPDIR
pids= stopped=

clean_up() {
    code=$?
    # Only what a script has stopped is let go on: SIGCONT would undo the stop by which the leak sanitizer
    # holds a process that is about to exit, and that would wait for ever.
    for pid in $stopped; do kill -s CONT "$pid" 2>/dev/null || :; done
    for pid in $pids; do kill "$pid" 2>/dev/null || :; done
    wait
    cd /
    rm -rf "$TMPDIR"
    exit "$code"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
cd "$TMPDIR"

for name in OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID OPENAI_PROJECT_ID GLIMPSE_USE_OPENAI \
    AZURE_OPENAI_API_KEY AZURE_OPENAI_ENDPOINT OPENAI_API_VERSION \
    GLIMPSE_MODEL GLIMPSE_THRESHOLDS GLIMPSE_LOG GLIMPSE_CONFIG GLIMPSE_CACHE_STORE SSL_CERT_FILE HTTPS_PROXY \
    HTTP_PROXY ALL_PROXY all_proxy NO_PROXY https_proxy http_proxy no_proxy; do
    unset "$name"
done

fail() {
    echo "FAILED: $*" >&2
    for file in out err; do
        [ ! -s $file ] || { echo "--- $file" >&2 && head -c 2000 $file >&2; }
    done
    exit 1
}

# expect CODE COMMAND...: runs it with its output in the files out and err, and wants this code.
expect() {
    wanted=$1
    shift
    code=0
    "$@" >out 2>err || code=$?
    [ "$code" = "$wanted" ] || fail "exit $code, not $wanted: $*"
}

# says TEXT...: each is in err.
says() {
    for text in "$@"; do
        grep -qF -e "$text" err || fail "stderr does not say '$text'"
    done
}

# prints TEXT...: each is in out.
prints() {
    for text in "$@"; do
        grep -qF -e "$text" out || fail "stdout does not say '$text'"
    done
}

# one_line: err is one line.
one_line() {
    [ "$(wc -l <err)" = 1 ] || fail "stderr is not one line"
}

# equal WHAT A B
equal() {
    [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"
}

# until_true COMMAND...: it does not hang: true within a minute and more, however busy the machine is.
until_true() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 1600 ] || fail "never: $*"
        sleep 0.05
    done
}

mock_listens() {
    [ -s port ] || kill -0 "$MOCK" 2>/dev/null || fail "the mock ended: $(cat mock.err)"
    [ -s port ]
}

# start_mock OPTIONS...: sets MOCK (its number) and URL.
start_mock() {
    rm -f port
    "$GLIMPSE" mock --port-file port "$@" >mock.out 2>mock.err &
    MOCK=$!
    pids="$pids $MOCK"
    until_true mock_listens
    URL=http://127.0.0.1:$(cat port)/v1
}

# start_proxy STATUS-LINE [HEADER...]: a proxy that answers so to everything, with a page; sets PROXY, its address.
start_proxy() {
    rm -f proxy
    perl -MIO::Socket::INET -e '
        my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 64) or die;
        open(my $told, ">", "proxy.tmp"); print $told $server->sockport; close($told);
        rename("proxy.tmp", "proxy");
        while (my $client = $server->accept) {
            my ($head, $body) = ("", 0);
            while (my $line = <$client>) {
                $body = $1 if $line =~ /^content-length: (\d+)/i;
                last if $line =~ /^\r?\n$/;
            }
            read($client, $head, $body);
            print $client map("$_\r\n", @ARGV, "Content-Type: text/html", "Content-Length: 2", "Connection: close", ""), "no";
        }' "$@" &
    pids="$pids $!"
    until_true test -s proxy
    PROXY=127.0.0.1:$(cat proxy)
}

# mock_stats FIELD: of what the mock has counted.
mock_stats() {
    perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "connect: $!";
        print $s "GET /__mock/stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n";
        local $/; my $all = <$s>; $all =~ s/^.*?\r\n\r\n//s; print $all' "$(cat port)" | jq "$1"
}

# drafts N [PREFIX]: N distinct drafts.
drafts() {
    awk -v n="$1" -v p="${2:-d}" 'BEGIN { for (i = 1; i <= n; i++)
        printf "{\"custom_id\":\"%s%d\",\"input_text\":\"text number %d\"}\n", p, i, i }'
}

# records FILE FILTER: a jq filter over all records as one array.
records() {
    jq -s -r "$2" "$1" || fail "$1 is not JSON lines"
}

. "${0%/*}/../support/needs.sh"

# shellcheck source=/dev/null
. "$script"
