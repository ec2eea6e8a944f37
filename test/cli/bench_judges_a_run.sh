# An SLA that is missed is exit 1, errors are counted and not hidden, an interrupted run is still told.
quick="--calibrate-first off --validity off --requests 50 --concurrent-users 5 --pool-ratio 0"
# shellcheck disable=SC2086
{
    expect 0 "$GLIMPSE" bench --latency 0 $quick --sla 'p95<1m,error_rate<=0,throughput>0.1,max<600s'
    prints 'met      p95<1m'
    expect 1 "$GLIMPSE" bench --latency 0 $quick --sla 'p95<1m,hit_rate>30%'
    prints 'MISSED   hit_rate>30%: 0.000 %'
    expect 0 "$GLIMPSE" bench --latency 0 $quick --goodput 'latency<1m' --sla 'goodput>0.1,good_rate>=100%'
    prints '100.00 % of the requests, met latency<1m'
    expect 1 "$GLIMPSE" bench --latency 30ms $quick --goodput 'latency<20ms' --sla 'good_rate>1%' --json run.json
    equal "none good" "$(jq -c '[.totals.good, .totals.goodput_rps, .settings.goodput]' run.json)" '[0,0,"latency<20ms"]'
    expect 1 "$GLIMPSE" bench --latency 0 $quick --sla 'ttft_p99<1m' --json run.json # no stream
    prints 'MISSED   ttft_p99<1m: nothing was measured'
    equal "nothing took 0" "$(jq -c '[.sla[0].seen, .sla[0].met, (.distributions.ttft | .count, .mean_us, .p99_us, .max_us)]' run.json)" \
        '[null,false,0,null,null,null]'
    # Nor is a rate of tokens where no answer says its usage.
    expect 0 "$GLIMPSE" bench --latency 0 $quick --stream --token-rate 0 --omit stream_options --json run.json
    prints 'tokens       not known: no answer says its usage'
    equal "no tokens" "$(jq -c '.totals | [.tokens_in_rps, .tokens_out_rps, .tokens_user_rps]' run.json)" '[null,null,null]'
    # One request has a latency, and no rate.
    expect 0 "$GLIMPSE" bench --latency 0 --calibrate-first off --validity off --rate 5 --requests 1 --json run.json --markdown run.md
    equal "one" "$(jq -c '[.totals.measured, .totals.asked_rps, .totals.sent_rps, (.distributions.latency.p50_us > 0)]' run.json)" '[1,null,null,true]'
    grep -q '^throughput .*/s asked' out && fail "a rate is told of one request"
    grep -q '^| latency | 1 | [0-9.]* | \\~' run.md || fail "the Markdown does not mark quantiles of too few"
    expect 78 "$GLIMPSE" bench $quick --percentiles 50,99,50
    says "'50' is there twice"
    expect 1 "$GLIMPSE" bench --latency 0 $quick --fault 500:100% --max-attempts 1 --fallback off
    prints '50 server_error' 'error rate 100.00 %' 'NOTHING WAS ANSWERED' 'throughput   0.00 answers/s'
    expect 0 "$GLIMPSE" bench --latency 0 $quick --fault 500:20% --max-attempts 1 --json run.json --breaker wait --seed 2
    equal "errors" "$(jq '.totals.by_status.server_error == ([.timeline[].errors] | add)' run.json)" true
    equal "rate" "$(jq "(.totals.error_rate * 50 | round) == .totals.by_status.server_error" run.json)" true
}

# Figures that the client spoilt are not good figures.
expect 70 "$GLIMPSE" bench --latency 0 --duration 300ms --warmup 290ms --requests 1 --calibrate-first off
says 'INVALID' 'nothing was measured'

# One word, the same in the table, the JSON, the Markdown and the page.
word() { # code, word, options
    exit=$1 its=$2
    shift 2
    expect "$exit" "$GLIMPSE" bench --latency 0 --calibrate-first off --json run.json --markdown run.md --html run.html "$@"
    equal "the JSON's word" "$(jq -r .result run.json)" "$its"
    equal "the Markdown's word" "$(sed -n 's/^### Load test: //p' run.md)" "$its"
    prints "$its"
    grep -q "> $its</strong>" run.html || fail "the page does not say $its"
}
word 0 'NOT JUDGED' --requests 5 --validity off
word 1 FAIL --requests 5 --validity off --sla 'p95<1us'
word 70 INVALID --duration 300ms --warmup 290ms --requests 1
# Only a quiet machine can promise that a run is valid.
code=0
"$GLIMPSE" bench --latency 0 --calibrate-first off --json run.json --markdown run.md --requests 5 --concurrent-users 1 >out 2>err || code=$?
case $code in
0) equal "the word" "$(jq -r .result run.json)" PASS ;;
70) equal "the word" "$(jq -r .result run.json)" INVALID ;;
*) fail "exit $code" ;;
esac
equal "the Markdown's word" "$(sed -n 's/^### Load test: //p' run.md)" "$(jq -r .result run.json)"

# Interrupted: what was measured is told.
"$GLIMPSE" bench --latency 1ms --rate 100 --duration 60s --calibrate-first off --json cut.json \
    --log-level info --log-file log >out 2>err &
pid=$!
pids="$pids $pid"
until_true grep -q openai_call log
child=$(cat /proc/$pid/task/$pid/children)
kill -INT $pid
code=0
wait $pid || code=$?
equal "exit code" $code 130
equal "told" "$(jq '.interrupted and .totals.measured > 0' cut.json)" true
if kill -0 $child 2>/dev/null; then fail "the mock stayed"; fi
