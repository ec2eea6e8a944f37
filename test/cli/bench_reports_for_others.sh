# A line for each request, JUnit, Markdown, percentiles, an early end, and several runs as one.
quick="--latency 0 --calibrate-first off --validity off"

# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --requests 120 --requests all.jsonl --concurrent-users 4 --json run.json \
        --fault 500:20% --max-attempts 1 --fallback off --keep-going --seed 3
    equal "a line for each" "$(records all.jsonl length)" 120
    equal "as they ended" "$(records all.jsonl '[.[] | select(.status == "server_error")] | length')" \
        "$(jq .totals.by_status.server_error run.json)"
    equal "numbers, each once" "$(records all.jsonl '[.[].n] | sort == [range(1; 121)]')" true
    equal "times in order" "$(records all.jsonl 'all(.[]; .scheduled_s <= .sent_s and .sent_s <= .first_s and .first_s <= .last_s)')" true
    equal "the mock's own names" "$(records all.jsonl '[.[].request_id | select(test("^[0-9]"))] | unique | length')" 120
    # One at a time, so that each goes out when the one before has ended, however early it was asked for.
    expect 0 "$GLIMPSE" bench $quick --requests 20 --requests one.jsonl --concurrent-users 4 --concurrency 1
    equal "sent is when it went out, and its bytes came behind that" "$(records one.jsonl 'sort_by(.last_s) |
        [range(1; length) as $i | .[$i].sent_s >= .[$i - 1].last_s and .[$i].first_s >= .[$i].sent_s] | all')" true
    equal "tokens" "$(records all.jsonl '[.[].completion_tokens // 0] | add')" "$(jq .totals.completion_tokens run.json)"
    equal "attempts" "$(records all.jsonl '[.[].attempts] | add')" "$(jq .totals.attempts run.json)"
    expect 0 "$GLIMPSE" bench $quick --requests 30 --requests all.csv --class a:input=5 --class b:input=6 --stream
    equal "a head and a line for each" "$(wc -l <all.csv)" 31
    equal "classes" "$(cut -d, -f2 all.csv | sort -u | tr '\n' ' ')" 'a b class '
    expect 78 "$GLIMPSE" bench --requests all.json
    says --requests .jsonl
    expect 74 "$GLIMPSE" bench $quick --requests 5 --requests /none/all.csv
    says --requests /none/all.csv
    if [ -w /dev/full ]; then
        ln -s /dev/full full.jsonl
        expect 74 "$GLIMPSE" bench $quick --requests 5 --requests full.jsonl --json run.json
        says full.jsonl space
        equal "the report is there all the same" "$(jq .totals.measured run.json)" 5
    fi

    expect 1 "$GLIMPSE" bench $quick --requests 40 --sla 'p99<1m,hit_rate>99%' --pool-ratio 0 --junit run.xml \
        --markdown run.md --percentiles 12.5,99.99 --json run.json
    prints p12.5 p99.99
    equal "percentiles" "$(jq '.distributions.latency | .percentiles["99.99"] <= .max_us and .percentiles["12.5"] <= .p50_us' run.json)" true
    grep -q 'tests="4" failures="1" errors="0" skipped="1"' run.xml || fail "JUnit counts otherwise"
    grep -q 'name="hit_rate&gt;99%".*<failure type="SLA" message="seen 0.000 %"' run.xml || fail "JUnit names no failure"
    perl -e 'local $/; $_ = <>; s/<\?.*?\?>//; 1 while s/<(\w+)[^<>]*>[^<>]*<\/\1>//s || s/<\w[^<>]*\/>//s; exit !/^\s*$/' run.xml ||
        fail "JUnit is no XML"
    grep -q '^### Load test: FAIL' run.md && grep -q '| \*\*missed\*\* |' run.md && grep -q 'p99.99' run.md ||
        fail "the Markdown does not tell it"
    expect 64 "$GLIMPSE" bench --junit one --markdown one
    says --junit --markdown
    expect 78 "$GLIMPSE" bench --percentiles 50,101
    says --percentiles 101

    # Every request fails; without the term this would go on for an hour.
    expect 1 "$GLIMPSE" bench $quick --rate 200 --duration 1h --fault 500:100% --max-attempts 1 --fallback off \
        --keep-going --breaker wait --abort-on 'error_rate>10%' --json run.json --junit run.xml
    says --abort-on 'error_rate>10%'
    equal "told" "$(jq -r '.aborted | startswith("error_rate>10% holds beyond doubt")' run.json)" true
    grep -q 'type="Aborted"' run.xml || fail "JUnit does not say that it was aborted"
    # Figures that the client spoilt come before the term that ended the run.
    expect 70 "$GLIMPSE" bench --latency 500ms --concurrency 1 --calibrate-first off --rate 200 --duration 1h --fault 500:100% \
        --fallback off --keep-going --abort-on 'error_rate>10%' -q --json early.json
    says --abort-on INVALID
    equal "why" "$(jq '[.aborted != null, any(.invalid[]; contains("less than was asked"))] | all' early.json)" true
    expect 78 "$GLIMPSE" bench --abort-on 'throughput<5'
    says --abort-on throughput

    for run in a b; do
        expect 0 "$GLIMPSE" bench $quick --requests 50 --json $run.json --concurrent-users 5 --seed 2
    done
}
expect 0 "$GLIMPSE" bench merge a.json b.json --json both.json
equal "joined" "$(jq -c '[.merged, .totals.measured, .distributions.latency.count]' both.json)" '[2,100,100]'
equal "no count is lost" "$(jq '[.distributions.latency.histogram[][1]] | add' both.json)" 100
says 'merge: left out, since no sum makes it: "totals.peak_in_flight"'
equal "one verdict" "$(jq -c '[.result, .sla, (.client.machines), (.faults.injected != null), (.left_out | length > 0)]' both.json)" \
    '["NOT JUDGED",[],2,true,true]'
# The SLA is judged over all: a fast run meets it, and with a slow one behind it both miss it.
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench $quick --latency 0 --requests 50 --concurrent-users 5 --sla 'p90<200ms,error_rate<1%' --json fast.json
    expect 1 "$GLIMPSE" bench $quick --latency 300ms --requests 50 --concurrent-users 25 --sla 'p90<200ms,error_rate<1%' --json slow.json
}
expect 1 "$GLIMPSE" bench merge fast.json slow.json --json both.json
equal "judged over all" "$(jq -c '[.result, (.sla[0].seen > 290000), .sla[0].met, .sla[1].met]' both.json)" '["FAIL",true,false,true]'
expect 0 "$GLIMPSE" bench merge a.json b.json
equal "on standard output" "$(jq .merged out)" 2
expect 64 "$GLIMPSE" bench merge a.json
says merge
expect 64 "$GLIMPSE" bench merge a.json b.json a.json
says 'a.json is there twice'
expect 64 "$GLIMPSE" bench merge a.json b.json --html page.html
says '--html says nothing of merge'
# One that was joined is joined again; one in which every request failed takes nothing from the others.
# shellcheck disable=SC2086
expect 1 "$GLIMPSE" bench $quick --requests 7 --fault 500:100% --latency 0 --json none.json
expect 0 "$GLIMPSE" bench merge a.json b.json --json both.json
expect 0 "$GLIMPSE" bench merge both.json none.json --json all.json
equal "again" "$(jq -c --slurpfile both both.json '[.totals.measured, .client.machines, .phases == $both[0].phases]' all.json)" '[107,3,true]'
# A client that asks again what failed measures another thing than one that does not.
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench $quick --requests 50 --json other.json --concurrent-users 5 --max-attempts 5
expect 78 "$GLIMPSE" bench merge a.json b.json other.json --json mixed.json
says 'a.json is of a client that was "plain"' 'other.json of one that was "plain, with --max-attempts 5"'
[ ! -e mixed.json ] || fail "joined all the same"
expect 78 "$GLIMPSE" bench merge a.json all.csv
says all.csv
