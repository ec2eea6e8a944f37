# A key without money: at most what is in flight still goes out, the rest has no record; exit 75.
cat >server.pl <<'EOF'
use strict; use IO::Socket::INET; use IO::Select;
# Answers the first $ARGV[0] requests, refuses the others with $ARGV[1]; counts them in `count`.
my ($good, $status, $error) = @ARGV;
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
            substr $in{$c}, 0, length($head) + $len, "";
            my $ok = ++$n <= $good;
            open(my $count, ">", "count.tmp"); print $count $n; close $count;
            rename "count.tmp", "count";
            my $body = $ok ? '{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}'
                           : $error;
            syswrite $c, "HTTP/1.1 " . ($ok ? "200 OK" : "$status X") .
                "\r\nContent-Type: application/json\r\nContent-Length: " . length($body) .
                "\r\n\r\n$body";
        }
    }
}
EOF
serve() {
    rm -f port count
    perl server.pl "$@" &
    pids="$pids $!"
    until_true test -s port
    URL=http://127.0.0.1:$(cat port)/v1
}
export OPENAI_API_KEY=sk-0123456789

serve 100 429 '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}'
drafts 2000 >in
expect 75 "$GLIMPSE" batch in -o records --base-url "$URL" --concurrency 16 --summary summary
says "the quota of this key is used up" "You exceeded your current quota"
equal "lines said about it" "$(grep -c quota err)" 1
equal aligned "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" 100
equal "codes of the others" \
    "$(records records '[.[] | select(.error) | .error.code + " " + .glimpse.status + " " + .response.body.error.code] | unique | join(",")')" \
    "quota rate_limited insufficient_quota"
sent=$(cat count)
[ "$sent" -le 116 ] || fail "$sent requests reached the server, of which 100 were answered"
equal "records, one for each that was sent" "$(wc -l <records)" "$sent"
equal summary "$(jq -c '[.lines, .done + .unsent, .unsent, .attempts, .retries, .exit]' summary)" \
    "[2000,2000,$((2000 - sent)),$sent,0,75]"
equal "never sent, no record" "$(records records '[.[] | select(.glimpse.attempts == 0)] | length')" 0

# A refused key the same way: 77. Reading stops at once, also where nobody ends the input.
serve 10 401 '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}'
mkfifo pipe
{ drafts 200; sleep 600; } >pipe &
pids="$pids $!"
expect 77 timeout 100 "$GLIMPSE" batch pipe -o records2 --base-url "$URL" --concurrency 4 --summary summary
says "refused the credentials" "OPENAI_API_KEY"
[ "$(cat count)" -le 14 ] || fail "$(cat count) requests reached the server"
equal "records" "$(wc -l <records2)" "$(cat count)"

# With --ordered, too: what has no record leaves no gap.
serve 50 429 '{"error":{"message":"no","type":"billing","code":"credit_balance_exhausted"}}'
expect 75 "$GLIMPSE" batch in -o records3 --base-url "$URL" --concurrency 8 --ordered -q
equal order "$(records records3 '[.[].glimpse.line] | . == sort')" true
equal aligned "$(records records3 '[.[] | select(.glimpse.status == "aligned")] | length')" 50
# Whatever a provider calls it (E01): DeepSeek's 402, Kimi's type, Zhipu's number in a 403.
for refusal in '402 {"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}' \
    '429 {"error":{"message":"suspended for want of money","type":"exceeded_current_quota_error"}}' \
    '403 {"error":{"code":"1113","message":"recharge"}}'; do
    serve 5 "${refusal%% *}" "${refusal#* }"
    rm -f records4
    expect 75 "$GLIMPSE" batch in -o records4 --base-url "$URL" --concurrency 4
    says "the quota of this key is used up"
    [ "$(cat count)" -le 9 ] || fail "$(cat count) requests reached the server of: $refusal"
    equal "codes of: $refusal" "$(records records4 '[.[] | select(.error) | .error.code] | unique | join(",")')" quota
done
! grep -q 0123456789 out err records records2 records3 summary || fail "the key is shown"
