# Ten minutes of 5,000 requests a second: the memory at the end is that after ten seconds. SECONDS_LONG
# makes it shorter. In flight are at most 128: memory follows the most that ever were.
. "$(dirname "$script")/figures.sh"
code=0
"$GLIMPSE" bench --latency 2ms --rate 5000 --duration "${SECONDS_LONG:-600}" --pool-ratio 0 --concurrency 128 -q --validity off \
    --calibrate-first off --json run.json >out 2>err || code=$?
cat out
figure "exit code" $code == 0
early=$(jq '[.row_s as $w | .timeline[] | select(.at_s >= 10 and .rss_bytes > 0)][0].rss_bytes' run.json)
late=$(jq '[.timeline[] | select(.rss_bytes > 0)][-1].rss_bytes' run.json)
note "after ten seconds, bytes" "$early"
figure "grown since by, bytes" "$((late - early))" '<=' 2000000
verdict
