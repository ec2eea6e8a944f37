# A server that refuses stream_options (S10): the message says how to leave it out, and that works.
cat >server.pl <<'EOF'
use strict; use IO::Socket::INET;
my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 64, ReuseAddr => 1) or die;
open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
my $refusal = '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]}}';
my $chunk = 'data: {"choices":[{"index":0,"delta":{"content":"Good day"},"finish_reason":"stop"}]}';
while (my $c = $l->accept) {
    my ($in, $len) = ("", undef);
    while (sysread $c, $in, 65536, length $in) {
        next unless $in =~ /^(.*?\r\n\r\n)/s;
        my $head = $1;
        ($len) = $head =~ /content-length: *(\d+)/i;
        last if length($in) >= length($head) + $len;
    }
    my $refused = $in =~ /stream_options/;
    my $body = $refused ? $refusal : "$chunk\n\ndata: [DONE]\n\n";
    syswrite $c, "HTTP/1.1 " . ($refused ? "422 X" : "200 OK") . "\r\nContent-Type: " .
        ($refused ? "application/json" : "text/event-stream") . "\r\nConnection: close\r\n" .
        "Content-Length: " . length($body) . "\r\n\r\n$body";
    close $c;
}
EOF
perl server.pl &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)/v1
export OPENAI_API_KEY=sk-0123456789

expect 1 "$GLIMPSE" run --stream --base-url "$URL" --json hello
equal message "$(jq -r .error.message out)" 'Extra inputs are not permitted (body.stream_options.include_usage) (leave stream_options out: --omit stream_options, or "stream_options": false in a profile)'
expect 0 "$GLIMPSE" run --stream --base-url "$URL" --omit stream_options hello
prints "Good day"
echo '{"*": {"stream_options": false}}' >profiles.json
expect 0 "$GLIMPSE" run --stream --base-url "$URL" --profiles profiles.json hello
prints "Good day"
# Whether the figures are worth anything (70) is another matter.
"$GLIMPSE" bench --stream --base-url "$URL" --omit stream_options,temperature --requests 4 \
    --concurrent-users 1 --warmup 0 >out 2>err || :
prints "4 aligned; error rate 0.00 %"
expect 0 "$GLIMPSE" profile show --profiles profiles.json any-model
prints "without stream_options" "file: *"
expect 78 "$GLIMPSE" run --omit stream_options,model hello
says "--omit" "temperature|max_tokens|stream_options|response_format"
