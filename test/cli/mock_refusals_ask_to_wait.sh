# --retry-after is what a 429 or 503 of --fault says; other faults and answers say nothing.
ask() {
    perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die "connect: $!";
        my $body = q({"model":"m","messages":[{"role":"user","content":"x"}]});
        print $s "POST /v1/chat/completions HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nx-mock-fault: $ARGV[1]\r\n" .
            "Content-Length: " . length($body) . "\r\n\r\n$body";
        local $/; print <$s>' "$(cat port)" "$1" | tr -d '\r' | sed '/^$/q' | grep -ci '^retry-after' || true
}
start_mock --retry-after 1500ms
for fault in 429 503; do equal "$fault" "$(ask $fault)" 2; done
for fault in 500 none; do equal "$fault" "$(ask $fault)" 0; done
start_mock
equal "not asked for" "$(ask 429)" 0
