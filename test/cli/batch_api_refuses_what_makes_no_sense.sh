# A key that is refused is 77; an endpoint that is not there 69; settings that batches cannot have 78.
perl -MIO::Socket::INET -e '
    my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or die;
    open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
    while (my $c = $l->accept) {
        my $body = "{\"error\":{\"message\":\"no sk-wrong-key\",\"code\":\"invalid_api_key\"}}";
        my $head = ""; while (<$c>) { $head .= $_; last if /^\r\n/ }
        my ($n) = $head =~ /content-length: *(\d+)/i; read $c, my $in, $n;
        print $c "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: ",
            length $body, "\r\nConnection: close\r\n\r\n$body"; close $c }' &
pids="$pids $!"
until_true test -s port
drafts 3 >in
OPENAI_API_KEY=sk-wrong-key
export OPENAI_API_KEY
expect 77 "$GLIMPSE" batch in -o records --base-url "http://127.0.0.1:$(cat port)/v1" --mode api
says OPENAI_API_KEY
! grep -q sk-wrong out err records* || fail "the key is shown"
expect 69 "$GLIMPSE" batch in -o nobody --base-url http://127.0.0.1:1/v1 --mode api --base-delay 1ms
URL=http://127.0.0.1:1/v1
for option in --ordered --pack '--max-cost 1' '--azure-deployment d --api-version 1'; do
    # shellcheck disable=SC2086
    expect 78 "$GLIMPSE" batch in -o none --base-url "$URL" --mode api $option
    says --mode
done
expect 78 "$GLIMPSE" batch in -o - --base-url "$URL" --mode api
unset OPENAI_API_KEY
expect 78 "$GLIMPSE" batch in -o none --mode api
says OPENAI_API_KEY
[ ! -e none ] || fail "an output is left"
