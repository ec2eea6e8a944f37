# 40,000 drafts, the server down from the 5th to the 35th second: at most 400 requests reach it in
# that time, all are aligned in the end, and within 10 s of recovery it is back at 90 % of the
# earlier rate. The rate is what the mock's own count says, asked four times a second.
. "$(dirname "$script")/figures.sh"
start_mock --latency 50ms --outage 5s-35s
drafts 40000 >in.jsonl
perl -MIO::Socket::INET -e '
    $| = 1;
    while (1) {
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or exit 1;
        print $s "GET /__mock/stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n";
        my $all = do { local $/; <$s> };
        $all =~ s/^.*?\r\n\r\n//s;
        print "$all\n";
        select(undef, undef, undef, 0.25);
    }' "$(cat port)" >samples &
pids="$pids $!"
run_batch
figure "exit code" $code == 0
figure "requests that reach the mock in the outage" "$(from .outage_requests)" '<=' 400
figure "records aligned" "$(records_of '.glimpse.status == "aligned"')" == 40000

# Answers a second from the 1st to the 5th second, and in each second after the outage that begins
# with a sample; back is the end of the first that reaches 90 %.
jq -s --argjson first "$(from .first_ms)" '
    map({ t: (.now_ms - $first), ok: (.by_status."200" // 0) }) | map(select(.t >= 0)) as $all
    | def rate($from; $to):
        ([ $all[] | select(.t <= $from) ] | last) as $a | ([ $all[] | select(.t >= $to) ] | first) as $b
        | if $a == null or $b == null then null else ($b.ok - $a.ok) / ($b.t - $a.t) * 1000 end;
    rate(1000; 4750) as $earlier
    | [ $all[] | select(.t >= 35000) | { t: .t, rate: rate(.t; .t + 1000) }
        | select(.rate != null and .rate >= 0.9 * $earlier) ] as $good
    | { earlier: ($earlier | round), rate: (($good[0].rate // 0) | round),
        back_s: (if $good == [] then 999 else ($good[0].t - 35000 + 1000) / 1000 end) }' \
    samples >recovery
note "answers a second before the outage" "$(jq .earlier recovery)"
note "answers a second when it is back" "$(jq .rate recovery)"
figure "seconds from recovery to a second at 90 %" "$(jq .back_s recovery)" '<=' 10
note "requests at the mock" "$(from .requests)"
note "seconds, first request to last answer" "$(from '(.last_ms - .first_ms) / 1000')"
figure "attempts counted less requests at the mock" $(($(of .attempts) - $(from .requests))) == 0
verdict
