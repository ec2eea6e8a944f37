# An error that comes within a 200 is judged by the status it names: a refused key is 77 and a quota
# 75 also there, plain and streamed; at most what is in flight still goes out.
cat >server.pl <<'PERL'
use strict; use IO::Socket::INET; use IO::Select;
# Answers the first $ARGV[0] requests, and the others with the error $ARGV[1]; all with 200, streams
# where the request asks for one. Counts them in `count`.
my ($good, $error) = @ARGV;
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 512, ReuseAddr => 1) or die;
open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
my $select = IO::Select->new($l); my %in; my $n = 0;
while (1) {
    for my $c ($select->can_read) {
        if ($c == $l) { $select->add($l->accept); next }
        my $read = sysread $c, my $more, 65536;
        if (!$read) { $select->remove($c); close $c; delete $in{$c}; next }
        $in{$c} .= $more;
        while ($in{$c} =~ /^(.*?\r\n\r\n)/s) {
            my $head = $1; my ($len) = $head =~ /content-length: *(\d+)/i;
            last if length $in{$c} < length($head) + $len;
            my $asked = substr $in{$c}, 0, length($head) + $len, "";
            my $streams = $asked =~ /"stream": *true/;
            my $ok = ++$n <= $good;
            open(my $count, ">", "count.tmp"); print $count $n; close $count;
            rename "count.tmp", "count";
            my $body = !$ok ? "{\"error\":$error}"
                : $streams ? '{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}'
                : '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}';
            $body = "data: $body\n\ndata: [DONE]\n\n" if $streams;
            syswrite $c, "HTTP/1.1 200 OK\r\nContent-Type: " .
                ($streams ? "text/event-stream" : "application/json") .
                "\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
        }
    }
}
PERL
serve() {
    rm -f port count
    perl server.pl "$@" &
    pids="$pids $!"
    until_true test -s port
    URL=http://127.0.0.1:$(cat port)/v1
}
export OPENAI_API_KEY=sk-0123456789
refused='{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}'
no_money='{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}'
awk 'BEGIN { for (i = 1; i <= 400; i++) printf "{\"custom_id\":\"d%d\",\"body\":{\"model\":\"m\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"text %d\"}]}}\n", i, i % 2 ? "true" : "false", i }' >in

serve 0 "$refused"
expect 77 "$GLIMPSE" run --base-url "$URL" hello
says auth_error "Incorrect API key provided"
expect 77 "$GLIMPSE" run --stream --base-url "$URL" hello
says auth_error "Incorrect API key provided"
equal "requests, none of them a retry" "$(cat count)" 2

serve 20 "$refused"
expect 77 "$GLIMPSE" batch in -o refused --base-url "$URL" --concurrency 8 --summary summary
says "refused the credentials" "Incorrect API key provided"
[ "$(cat count)" -le 28 ] || fail "$(cat count) requests reached the server"
equal "records, one for each that was sent" "$(wc -l <refused)" "$(cat count)"
equal codes "$(records refused '[.[] | select(.error) | .error.code + " " + .glimpse.status] | unique | join(",")')" \
    "invalid_api_key auth_error"

serve 20 "$no_money"
expect 75 "$GLIMPSE" batch in -o empty --base-url "$URL" --concurrency 8 --summary summary
says "the quota of this key is used up"
sent=$(cat count)
[ "$sent" -le 28 ] || fail "$sent requests reached the server"
equal codes "$(records empty '[.[] | select(.error) | .error.code + " " + .glimpse.status] | unique | join(",")')" \
    "quota rate_limited"
equal summary "$(jq -c '[.lines, .done + .unsent, .unsent, .attempts, .retries, .exit]' summary)" \
    "[400,400,$((400 - sent)),$sent,0,75]"
! grep -q 0123456789 out err refused empty summary || fail "the key is shown"
