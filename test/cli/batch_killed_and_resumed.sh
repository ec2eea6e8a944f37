# kill -9 at a random instant, again and again, each time resumed: no record is lost, none is there
# twice, and no more is sent again than was in flight. The instants are seeded (KILLS=1000 SEED=7 for
# more of them); what is checked does not depend on how fast anything is.
start_mock --latency 3ms
cat >killer.pl <<'P'
use strict;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);
my ($program, $url, $port, $kills, $seed) = @ARGV;
use constant { LINES => 60, IN_FLIGHT => 4 };
srand($seed);

sub requests {
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "connect: $!";
    print $s "GET /__mock/stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n";
    local $/;
    <$s> =~ /"requests":\s*(\d+)/ or die "no stats";
    return $1;
}

sub start {
    my ($in, $out) = @_;
    my $pid = fork() // die "fork: $!";
    return $pid if $pid;
    open(STDERR, '>', 'killer.err');
    exec $program, 'batch', $in, '-o', $out, '--resume', '-q', '--base-url', $url,
        '--concurrency', IN_FLIGHT or die "exec: $!";
}

# Ids of the whole records; each once, each a whole object.
sub ids {
    my ($out) = @_;
    my %ids;
    open(my $file, '<', $out) or return \%ids;
    while (<$file>) {
        last unless /\n\z/;
        /\A\{"id":"[^"]*","custom_id":"([^"]+)",.*"status":"aligned".*\}\}\n\z/
            or die "$out:$.: not a record: $_";
        die "$out: $1 is there twice" if $ids{$1}++;
    }
    return \%ids;
}

my ($killed, $jobs, $resumed_whole, $whole_run) = (0, 0, 0);
while ($killed < $kills) {
    my ($in, $out) = ("in$jobs", "out$jobs");
    open(my $file, '>', $in) or die "$in: $!";
    print $file "{\"custom_id\":\"j$jobs-$_\",\"input_text\":\"text $_ of $jobs\"}\n" for 1 .. LINES;
    close($file);
    my ($before, $kept, $here) = (requests(), {}, 0);
    for (;;) {
        my $began = time;
        my $pid = start($in, $out);
        # The first job is left alone, to see how long one takes here.
        if ($jobs > 0 && $killed < $kills) {
            sleep(rand($whole_run));
            kill 'KILL', $pid;
        }
        waitpid($pid, 0);
        my ($signal, $code) = ($? & 127, $? >> 8);
        my $now = ids($out);
        exists $now->{$_} or die "$out: the record of $_ is lost" for keys %$kept;
        $kept = $now;
        $killed++, $here++ if $signal == 9;
        my $most = keys(%$kept) + IN_FLIGHT * $here;
        my $sent = requests() - $before;
        die "$out: $sent requests, at most $most expected" if $sent > $most;
        next if $signal == 9;
        die "exit $code" if $code != 0;
        $whole_run //= time - $began;
        last;
    }
    die "$out: not every line has its record" unless keys(%$kept) == LINES;
    unlink($in, $out);
    $jobs++;
}
print "$killed kills over ", $jobs - 1, " jobs of ", LINES, " lines, ", requests() - $jobs * LINES,
    " requests sent again\n";
P
perl killer.pl "$GLIMPSE" "$URL" "$(cat port)" "${KILLS:-200}" "${SEED:-1}" >out 2>err ||
    fail "$(cat killer.err)"
cat out
equal "nothing is left beside the outputs" "$(find . -name 'out[0-9]*')" ""
