# A 401 is exit 77, said in a line, with every record saying auth_error.
perl -MIO::Socket::INET -e '
    my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or die;
    open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
    while (my $c = $l->accept) {
        my $body = "{\"error\":{\"message\":\"no\",\"code\":\"invalid_api_key\"}}";
        my $head = ""; while (<$c>) { $head .= $_; last if /^\r\n/ }
        my ($n) = $head =~ /content-length: *(\d+)/i; read $c, my $in, $n;
        print $c "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: ",
            length $body, "\r\nConnection: close\r\n\r\n$body"; close $c }' &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)/v1
export OPENAI_API_KEY=sk-wrong
expect 77 "$GLIMPSE" run --base-url "$URL" hello
says auth_error
drafts 3 >in
expect 77 "$GLIMPSE" batch in -o records --base-url "$URL"
says credentials
equal statuses "$(records records '[.[].glimpse.status] | unique | join(",")')" auth_error
equal codes "$(records records '[.[].error.code] | unique | join(",")')" invalid_api_key
! grep -q sk-wrong out err records || fail "the key is shown"
