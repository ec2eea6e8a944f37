# Through the Batch API, too: when the first 20 answers are one failure that no line can be the reason
# of, no more is sent. What has come down has its records; --resume --retry-failed goes on.
cat >server.pl <<'S'
# Knows the model "right" alone. While the file "held" is there, of a job for another model one file
# goes up; any further upload waits for ever.
use IO::Socket::INET;
use JSON::PP;
$SIG{PIPE} = 'IGNORE';
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or die;
open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
my (%file, %batch, @held, $count);
sub answer_line {
    my $line = decode_json(shift);
    my ($status, $body) = $line->{body}{model} eq "right"
        ? (200, { id => "c", model => "right", choices =>
            [{ index => 0, finish_reason => "stop", message => { role => "assistant", content => "an answer" } }] })
        : (404, { error => { message => "no such model", type => "invalid_request_error", code => "model_not_found" } });
    return encode_json({ id => "r", custom_id => $line->{custom_id}, error => undef,
        response => { status_code => $status, request_id => "q", body => $body } }) . "\n";
}
while (my $c = $l->accept) {
    my ($head, $in) = ("", "");
    while (<$c>) { $head .= $_; last if /^\r\n/ }
    my ($method, $path) = $head =~ m{^(\w+) /v1(\S+)};
    print $c "HTTP/1.1 100 Continue\r\n\r\n" if $head =~ /^expect:/im;
    read $c, $in, $1 if $head =~ /^content-length: *(\d+)/im;
    my $out;
    if ($method eq "POST" && $path eq "/files") {
        my ($text) = $in =~ /(\{"custom_id".*\})/s;
        if (-e "held" && %file && $text !~ /"model":"right"/) { push @held, $c; next }
        my $id = "file-" . ++$count;
        $file{$id} = $text;
        $out = encode_json({ id => $id, object => "file", bytes => length $text, status => "processed" });
    } elsif ($method eq "POST" && $path eq "/batches") {
        my $id = "batch_" . ++$count;
        my $asked = decode_json($in);
        my $result = "file-" . ++$count;
        $file{$result} = join "", map { answer_line($_) } split /\n/, $file{$asked->{input_file_id}};
        $batch{$id} = { id => $id, object => "batch", endpoint => $asked->{endpoint}, status => "completed",
            input_file_id => $asked->{input_file_id}, output_file_id => $result, metadata => $asked->{metadata} };
        $out = encode_json($batch{$id});
        open(my $n, ">>", "batches"); print $n "$id\n"; close $n;
    } elsif ($path =~ m{^/batches/(\w+)}) {
        $out = encode_json($batch{$1});
    } elsif ($path =~ m{^/files/([\w-]+)/content}) {
        $out = $file{$1};
    } elsif ($path =~ m{^/files/([\w-]+)}) {
        $out = encode_json({ id => $1, object => "file", bytes => length $file{$1}, status => "processed" });
    }
    print $c "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ", length $out,
        "\r\nConnection: close\r\n\r\n", $out;
    close $c;
}
S
perl server.pl &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)/v1
drafts 100 >in

touch held
expect 75 "$GLIMPSE" batch in -o records -q --base-url "$URL" --mode api --batch-requests 30 --model wrong
says 'model_not_found (HTTP 404): no such model' 'stopping: the first 20 answers are all model_not_found' --retry-failed
equal lines "$(wc -l <err)" 2
equal records "$(records records '[.[] | .error.code] | map(select(. == "model_not_found")) | length')" 30
equal "files that are left" "$(echo records*)" records
equal batches "$(wc -l <batches)" 1

# Put right, it goes on, and nothing is asked of the wrong model any more.
expect 0 "$GLIMPSE" batch in -o records --resume --retry-failed -q --base-url "$URL" --mode api \
    --batch-requests 30 --model right
equal aligned "$(records records '[.[] | select(.error == null)] | length')" 100
equal batches "$(wc -l <batches)" 5

# Whoever wants it gets a record a line; and where nothing is left to ask, there is nothing to stop.
rm held
expect 1 "$GLIMPSE" batch in -o all -q --base-url "$URL" --mode api --batch-requests 30 --model wrong --keep-going
one_line
equal records "$(wc -l <all)" 100
expect 1 "$GLIMPSE" batch in -o one -q --base-url "$URL" --mode api --model wrong
one_line
equal records "$(wc -l <one)" 100
