# A reload of the keys and a drain under 500 requests a second (RATE), a fifth of them streams: no request is lost and
# none is sent twice, by the mock's count. The second gateway takes over the socket of the first, as a service manager
# passes it; the callers keep their connections but for a third of the requests, and close them when an answer says so.
# SECONDS_LONG: how long, 20 unless given.
. "$(dirname "$script")/figures.sh"
. "$(dirname "$script")/crowd.sh"
rate=${RATE:-500}
requests=$((rate * ${SECONDS_LONG:-20}))
KEY=$(new_key app)
keys_file
start_mock --latency lognormal:40ms:200ms --token-rate 400 --journal 20000 --require-key $SECRET

# Owns the socket, and starts a gateway on it, as descriptor 3, at first and at each SIGUSR1. How each ended is in
# exit.N.
cat >manager.pl <<'P'
use strict;
use IO::Socket::INET;
use POSIX ();
BEGIN { $^F = 9 } # descriptors that exec keeps
my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1024) or die "listen: $!";
my $port = $socket->sockport;
POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
my (%number, $count);
sub start {
    my $n = ++$count;
    my $pid = fork() // die "fork: $!";
    if ($pid) {
        $number{$pid} = $n;
        open(my $file, '>', "pid.$n") or die; print $file $pid; close($file);
        return;
    }
    open(STDOUT, '>', "serve.out.$n");
    open(STDERR, '>', "serve.err.$n");
    exec @ARGV or die "exec: $!";
}
$SIG{USR1} = \&start;
start();
open(my $file, '>', 'sport') or die; print $file $port; close($file);
for (;;) {
    my $pid = wait();
    next if $pid < 0 && $!{EINTR};
    last if $pid < 0;
    open(my $exit, '>', "exit.$number{$pid}") or die; print $exit $? >> 8, "\n"; close($exit);
}
P
OPENAI_API_KEY=$SECRET perl manager.pl "$GLIMPSE" serve --listen fd:3 --base-url "$URL" --keys keys.json \
    --log-level info --drain 60s --concurrency 512 &
manager=$!
pids="$pids $manager"
until_true test -s serve.out.1
PORT=$(cat sport)
first=$(cat pid.1)
pids="$pids $first"

crowd rate="$rate" requests="$requests" callers=4000 stream=20 close=30 first=1 key="$KEY" &
crowd=$!
pids="$pids $crowd"
asked() { [ "$(from .requests)" -ge "$1" ]; }
loaded() { [ "$(grep -c keys_loaded "serve.err.$1")" -ge "$2" ]; }

until_true asked $((requests / 10))
for load in 1 2 3; do
    kill -s HUP "$first"
    until_true loaded 1 $load
done
mv keys.json kept.json
echo '{"keys": 1}' >keys.json
kill -s HUP "$first"
until_true grep -q keys_refused serve.err.1
mv kept.json keys.json

until_true asked $((requests / 5))
kill -s USR1 $manager
until_true test -s serve.out.2
second=$(cat pid.2)
pids="$pids $second"
note "questions when the first gateway was told to end" "$(from .requests)"
kill -s TERM "$first"
until_true test -s exit.1
note "questions when it had ended" "$(from .requests)"
until_true asked $((requests * 9 / 10))
kill -s HUP "$second"
until_true loaded 2 1
wait $crowd || fail "the crowd"
kill -s TERM "$second"
until_true test -s exit.2

figure "questions" "$(counted .asked)" == "$requests"
figure "answers" "$(counted .answered)" == "$requests"
figure "requests at the mock" "$(from .requests)" == "$requests"
nothing_lost
figure "exit code of the first gateway" "$(cat exit.1)" == 0
figure "exit code of the second" "$(cat exit.2)" == 0
no_keys_in crowd.err serve.out.* serve.err.*
note "connections" "$(counted .connections)"
note "questions on one that was open" "$(counted .reused)"
note "seconds" "$(counted .seconds)"
verdict
