# Sockets of LISTEN_FDS are served, TCP and unix, in their order, and closed on exec; those of another
# process are not; a wrong one is named. A request that comes between two runs waits for the second.

# The part of systemd: holds the sockets, and runs the program with them, once or twice.
cat >pass.pl <<'END'
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
$^F = 40; # descriptors up to it stay open over exec
my ($runs, $address, $pid_from, $names, @command) = @ARGV;
my $tcp = IO::Socket::INET->new(Listen => 100, LocalAddr => $address, LocalPort => 0) or die "tcp: $!";
unlink "passed.sock";
my $unix = IO::Socket::UNIX->new(Listen => 100, Local => "passed.sock") or die "unix: $!";
open my $port, ">", "port.tmp";
print $port $tcp->sockport;
close $port;
rename "port.tmp", "passed.port";
# Each to a place above those that are passed, then down to 3 and 4.
my @kept = map { POSIX::dup2(fileno($_), 20 + fileno($_)); 20 + fileno($_) } $tcp, $unix;
for my $run (1 .. $runs) {
    my $child = fork;
    if ($child == 0) {
        POSIX::dup2($kept[0], 3);
        POSIX::dup2($kept[1], 4);
        POSIX::close($_) for 5 .. 40;
        $ENV{LISTEN_PID} = $pid_from eq "own" ? $$ : $pid_from;
        $ENV{LISTEN_FDS} //= 2;
        $ENV{LISTEN_FDNAMES} = $names;
        open STDOUT, ">", "serve.$run.out";
        open STDERR, ">", "serve.$run.err";
        exec @command;
    }
    open my $file, ">", "pid.tmp";
    print $file $child;
    close $file;
    rename "pid.tmp", "serve.$run.pid";
    waitpid $child, 0;
    open $file, ">", "serve.$run.code";
    print $file $? >> 8;
    close $file;
}
END

start_mock
export OPENAI_BASE_URL="$URL"
status() { curl -s -m 60 -o answer -w '%{http_code}' "$@"; }
# run RUNS ADDRESS PID NAMES ARGUMENT...
run() {
    rm -f passed.port serve.*
    runs=$1 address=$2 process=$3 names=$4
    shift 4
    perl pass.pl "$runs" "$address" "$process" "$names" "$GLIMPSE" serve "$@" >perl.out 2>&1 &
    pids="$pids $!"
    until_true test -s serve.1.pid
    pids="$pids $(cat serve.1.pid)" # of its own, which would go on without the one before
}
stop() { # RUN
    kill -s TERM "$(cat "serve.$1.pid")"
    until_true test -s "serve.$1.code"
}
chat='{"model":"m","messages":[{"role":"user","content":"hello"}]}'

run 2 127.0.0.1 own web:local --drain 0
until_true test -s serve.1.out
port=$(cat passed.port)
equal lines "$(cat serve.1.out)" "serving http://127.0.0.1:$port/v1
serving unix:passed.sock"
equal tcp "$(status "http://127.0.0.1:$port/v1/chat/completions" -d "$chat")" 200
equal unix "$(status --unix-socket passed.sock http://localhost/v1/chat/completions -d "$chat")" 200
for fd in 3 4; do # O_CLOEXEC is 02000000
    grep -q '^flags:.*02.....[0-7]$' "/proc/$(cat serve.1.pid)/fdinfo/$fd" || fail "$fd is not closed on exec"
done
stop 1
equal 'exit of the first' "$(cat serve.1.code)" 0
equal said "$(cat serve.1.err)" ''
[ -S passed.sock ] || fail 'a socket that was passed is removed'
equal 'between two' "$(status "http://127.0.0.1:$port/v1/chat/completions" -d "$chat")" 200
pids="$pids $(cat serve.2.pid)"
stop 2
equal 'exit of the second' "$(cat serve.2.code)" 0

# Beside --listen; the one that fd:N names again is served once.
run 1 127.0.0.1 own web:local --drain 0 --listen 127.0.0.1:0 --listen fd:3
until_true test -s serve.1.out
equal lines "$(wc -l <serve.1.out)" 3
stop 1

# Of another process.
run 1 127.0.0.1 1 web:local --drain 0 --listen 127.0.0.1:0
until_true test -s serve.1.out
equal lines "$(wc -l <serve.1.out)" 1
! grep -q "127.0.0.1:$(cat passed.port)/" serve.1.out || fail 'sockets of another process are served'
stop 1

# What cannot be served is named, and nothing is.
refused() { # CODE TEXT...
    until_true test -s serve.1.code
    cp serve.1.err err
    equal exit "$(cat serve.1.code)" "$1"
    shift
    says "$@"
    one_line
    [ ! -s serve.1.out ] || fail 'something is served'
}
run 1 0.0.0.0 own web:local
refused 78 'other machines reach http://0.0.0.0:'
LISTEN_FDS=3 run 1 127.0.0.1 own web:local:third
refused 71 LISTEN_FDS 'descriptor 5 (third) is no socket that listens'
LISTEN_FDS=3 run 1 127.0.0.1 own ''
refused 71 'descriptor 5 is no socket that listens'
LISTEN_FDS=two run 1 127.0.0.1 own ''
refused 78 'LISTEN_FDS is no number of sockets'
LISTEN_FDS=99 run 1 127.0.0.1 own ''
refused 71 LISTEN_FDS 'is no socket that listens'
run 1 127.0.0.1 me ''
refused 78 'LISTEN_PID is no number of a process'
