# `[DONE]` announces the end of an answer, so a stream that has it is whole though no finish_reason came:
# everywhere an answer, nowhere one that is kept.
cat >server.pl <<'PERL'
use strict; use IO::Socket::INET;
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or die;
open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
while (my $c = $l->accept) {
    my $head = ""; while (<$c>) { $head .= $_; last if /^\r\n/ }
    my ($n) = $head =~ /content-length: *(\d+)/i; read $c, my $in, $n;
    my $body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"some text\"}}]}\n\n";
    $body .= "data: [DONE]\n\n" unless $in =~ /cut it/;
    print $c "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n$body";
    close $c }
PERL
perl server.pl &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)/v1
export OPENAI_API_KEY=sk-0123456789
expect 0 "$GLIMPSE" run --stream --base-url "$URL" hello
equal text "$(cat out)" "some text"
equal stderr "$(cat err)" ""
expect 0 "$GLIMPSE" run --stream --json --base-url "$URL" hello
equal record "$(jq -c '[.glimpse.status, .glimpse.sample, .glimpse.finish_reason, .glimpse.no_done]' out)" \
    '["aligned","some text",null,null]'
line='{"body":{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}}'
printf '%s\n' "$line" "$line" >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 1 --ordered
equal records "$(records records '[.[] | .glimpse.status + " " + .glimpse.source] | join(",")')" \
    "aligned live,aligned live"

# Without either it was cut, and that is a failure everywhere.
expect 1 "$GLIMPSE" run --stream --base-url "$URL" 'cut it'
equal "text so far" "$(cat out)" "some text"
says "the stream ended before the answer did"
echo '{"body":{"model":"m","stream":true,"messages":[{"role":"user","content":"cut it"}]}}' >in
expect 1 "$GLIMPSE" batch in -o cut --base-url "$URL" --max-attempts 2 --base-delay 1ms
equal cut "$(records cut '.[0] | .error.code + " " + .glimpse.partial')" "stream_truncated some text"
