# kill -9 at random instants, KILLS of them (kills:1000; 100 unless given), over jobs of five kinds in turn: plain, with a
# store, in order, in packs, through the Batch API. After each kill no record that was there is gone, none is there twice,
# and at the end each line has its record; of what was answered and paid for no more is asked again than was in flight
# at the kills. The instants are seeded (SEED=7).
. "$(dirname "$script")/figures.sh"
start_mock --latency normal:4ms:2ms --batch-latency 150ms
cat >killer.pl <<'P'
use strict;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);
my ($program, $url, $port, $kills, $seed) = @ARGV;
use constant { LINES => 60, IN_FLIGHT => 4, PACK => 5, JOB_KILLS => 8 };
srand($seed);
my %options = (
    plain => [],
    store => [qw(--cache-store store)],
    ordered => [qw(--ordered)],
    pack => [qw(--pack --pack-size), PACK, qw(--pack-window 1s)],
    api => [qw(--mode api --batch-requests 25)],
);
my @kinds = qw(plain store ordered pack api);

my (%killed, %again, %run_time);
my ($done, $jobs, $lost, $twice, $thrown) = (0, 0, 0, 0, 0);

sub stat_of {
    my ($name) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "connect: $!";
    print $s "GET /__mock/stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n";
    local $/;
    <$s> =~ /"$name":\s*(\d+)/ or die "no stats";
    return $1;
}

sub start {
    my ($kind, $in, $out) = @_;
    my $pid = fork() // die "fork: $!";
    return $pid if $pid;
    open(STDERR, '>', 'killer.err');
    exec $program, 'batch', $in, '-o', $out, '--resume', '-q', '--base-url', $url, '--concurrency',
        IN_FLIGHT, @{$options{$kind}} or die "exec: $!";
}

# Ids of the whole records of a file: each once, each a whole object.
sub ids {
    my ($file, $ids) = @_;
    my %here;
    open(my $lines, '<', $file) or return;
    while (<$lines>) {
        last unless /\n\z/;
        /\A\{"id":"[^"]*","custom_id":"([^"]+)",.*"status":"aligned".*\}\}\n\z/ or die "$file:$.: no record: $_";
        $twice++, warn "$file: $1 is there twice\n" if $here{$1}++;
        $ids->{$1} = 1;
    }
}

while ($done < $kills) {
    my $kind = $kinds[$jobs % @kinds];
    my $api = $kind eq 'api';
    my ($in, $out) = ("in$jobs", "out$jobs");
    open(my $file, '>', $in) or die "$in: $!";
    print $file "{\"custom_id\":\"j$jobs-$_\",\"input_text\":\"text $_ of $jobs\",\"goal\":\"g\"}\n" for 1 .. LINES;
    close($file);
    my $counted = $api ? 'lines_answered' : 'requests';
    my ($before, $kept, $here) = (stat_of($counted), {}, 0);
    for (;;) {
        my $began = time;
        my $pid = start($kind, $in, $out);
        # The first job of each kind is left alone; each of the others is killed so often at most.
        if (defined $run_time{$kind} && $done < $kills && $here < JOB_KILLS) {
            sleep(rand($run_time{$kind}));
            kill 'KILL', $pid;
        }
        waitpid($pid, 0);
        my ($signal, $code) = ($? & 127, $? >> 8);
        my $now = {};
        ids($out, $now);
        ids("$out.ahead", $now);
        for (keys %$kept) { $lost++, warn "$out: the record of $_ is lost\n" unless $now->{$_} }
        $kept = $now;
        $done++, $here++ if $signal == 9;
        next if $signal == 9;
        die "$kind: exit $code: " . `cat killer.err` if $code != 0;
        $run_time{$kind} //= time - $began;
        last;
    }
    die "$out: not every line has its record" unless keys(%$kept) == LINES;
    # Asked beyond what answers once: of packs each run may send one more that is not full.
    my $least = $kind eq 'pack' ? int((LINES + PACK - 1) / PACK) : LINES;
    my $most = $least + ($api ? 0 : $here * (IN_FLIGHT + ($kind eq 'pack' ? 1 : 0)));
    my $asked = stat_of($counted) - $before;
    if ($asked > $most) {
        warn "$kind, $out: $asked $counted, at most $most expected\n";
        $thrown += $asked - $most;
    }
    $killed{$kind} += $here;
    $again{$kind} += $asked - $least;
    my @left = glob("$out.*");
    die "left: @left" if @left;
    unlink($in, $out, glob('store*'));
    $jobs++;
}
printf "%-8s %5d kills, %d requests beyond one for each line\n", $_, $killed{$_}, $again{$_} for @kinds;
print "sum $done $jobs $lost $twice $thrown\n";
P
code=0
perl killer.pl "$GLIMPSE" "$URL" "$(cat port)" "${COUNT:-100}" "${SEED:-1}" >kills 2>killer.said || code=$?
sed '/^sum/d; s/^/        /' kills
[ $code = 0 ] || sed 's/^/        /' killer.said
figure "exit code of the run" $code == 0
figure "kills" "$(awk '/^sum/ { print $2 }' kills)" == "${COUNT:-100}"
figure "records lost" "$(awk '/^sum/ { print $4 }' kills)" == 0
figure "records twice" "$(awk '/^sum/ { print $5 }' kills)" == 0
figure "finished answers asked for again" "$(awk '/^sum/ { print $6 }' kills)" == 0
note "jobs of 60 lines" "$(awk '/^sum/ { print $3 }' kills)"
verdict
