# A server without files: said once, with what to use; not resumable, and nothing is left (H11).
cat >server.pl <<'END'
use strict; use IO::Socket::INET;
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 64, ReuseAddr => 1) or die;
open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
while (my $c = $l->accept) {
    my $in = "";
    while (sysread $c, $in, 65536, length $in) {
        next unless $in =~ /^(.*?\r\n\r\n)/s;
        my ($head, $len) = ($1, $1 =~ /content-length: *(\d+)/i);
        last if length($in) >= length($head) + ($len // 0);
    }
    my $body = '{"detail":"Not Found"}';
    syswrite $c, "HTTP/1.1 404 X\r\nContent-Type: application/json\r\nConnection: close\r\n" .
        "Content-Length: " . length($body) . "\r\n\r\n$body";
    close $c;
}
END
perl server.pl &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)/v1
export OPENAI_API_KEY=sk-0123456789
drafts 3 >in
expect 78 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api
says "has no Batch API (HTTP 404 for /files); use --mode online"
equal "what is left" "$(ls records.* 2>/dev/null || :)" ""
# What it said to do can be done at once.
start_mock
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" -q
equal records "$(wc -l <records)" 3

# The hit rate counts each line once, however often it is looked up.
expect 0 "$GLIMPSE" batch in -o records2 --base-url "$URL" --mode api --summary summary
equal misses "$(jq -c '[.lines, .cache.misses, .cache.hits]' summary)" '[3,3,0]'
