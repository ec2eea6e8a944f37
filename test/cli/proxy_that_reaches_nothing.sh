# A proxy that answers 502 to everything, with a tunnel and without one: the endpoint was never reached, so the job
# ends after the attempts that the options promise, with 69, and names the proxy.
perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 64) or die;
    open(my $told, ">", "proxy.tmp"); print $told $server->sockport; close($told);
    rename("proxy.tmp", "proxy");
    while (my $client = $server->accept) {
        my ($head, $body) = ("", 0);
        while (my $line = <$client>) {
            $body = $1 if $line =~ /^content-length: (\d+)/i;
            last if $line =~ /^\r?\n$/;
        }
        read($client, $head, $body);
        print $client "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 2\r\n",
            "Connection: close\r\n\r\nno";
    }' &
pids="$pids $!"
until_true test -s proxy
PROXY=127.0.0.1:$(cat proxy)
drafts 5 >in
for scheme in http https; do
    rm -f records
    ALL_PROXY=http://$PROXY expect 69 "$GLIMPSE" batch in -o records --base-url "$scheme://endpoint.invalid/v1" \
        --max-attempts 3 --base-delay 10ms --summary summary
    says "the proxy $PROXY " 'answered, HTTP 502'
    equal "attempts that reached the endpoint" "$(jq .attempts summary)" 0
done
