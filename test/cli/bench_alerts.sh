# Answers later than t2 and t3, and repeats without a cache: told while they last and in both reports.
quick="--calibrate-first off --validity off --alert-window 2s --alert-hold 500ms --duration 3s --seed 1"
plain="--calibrate-first off --validity off --duration 3s --seed 1"
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench --latency 20ms $quick --thresholds 1,5,10,60000 --cache-size 0 --client engine \
        --pool-size 5 --json run.json --html run.html --log-file log
    for name in latency_p50 latency_p95 hit_rate; do
        equal "$name" "$(grep -c "ALERT ([a-z]*): $name is " err)" 1
        grep -q "WARN alert alert=$name state=firing severity=" log || fail "$name is not in the log"
    done
    equal "as JSON" "$(jq -c '[.alerts[] | .name, .severity]' run.json)" '["latency_p50","warning","latency_p95","warning","hit_rate","info"]'
    equal "what was worst" "$(jq '.alerts | .[0].worst_ms >= 19 and .[2].worst < 0.2' run.json)" true
    prints 'alert        latency_p50 (warning) fired 1 time, first after '
    equal "on the page" "$(grep -o '<th scope="row">\(latency\|hit\)[a-z_0-9]*</th><td class="text">[a-z]*</td>' run.html | sed 's/<[^>]*>/ /g' | tr -s ' ' | tr -d '\n')" \
        ' latency_p50 warning  latency_p95 warning  hit_rate info '
    expect 0 "$GLIMPSE" bench --latency 1ms $plain --json run.json --cache-size 0 --alerts off
    equal "off" "$(jq -c '.alerts' run.json)" '[]'
}

# On a terminal the line that is redrawn names what fires, and the one about it stands alone.
command -v script >/dev/null || exit 0
TERM=xterm script -qec "'$GLIMPSE' bench --latency 20ms $quick --thresholds 1,5,60000,70000" typescript >/dev/null </dev/null
tr '\r' '\n' <typescript >lines
grep -q 'hits, ALERT latency_p50 (warning)$' lines || fail "the progress does not name the alert"
grep -q "^$(printf '\033')\\[Kglimpse: ALERT (warning): latency_p50 is " lines || fail "it is not said on a line of its own"
