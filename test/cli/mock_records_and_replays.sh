# mock --record passes requests on and keeps the answers; --replay gives them in their times.
body='{"model":"m","messages":[{"role":"user","content":"Hello. Again."}]}'
post() {
    curl -sS -o answer -w '%{http_code} %{time_total}\n' -H 'content-type: application/json' \
        -H "authorization: Bearer sk-secret-0123456789" -d "$1" "$URL/chat/completions"
}
start_mock --latency 200ms
origin=$URL
start_mock --record "$origin" --record-file tape
equal "passed on" "$(post "$body" | cut -d ' ' -f 1)" 200
cp answer first
kill "$MOCK"
wait "$MOCK" || true
grep -q 'recorded 1 answers in tape' mock.err || fail "it does not say what it recorded: $(cat mock.err)"
equal "for the user alone" "$(stat -c %a tape)" 600
! grep -q 'sk-secret' tape || fail "the key is in the recording"

start_mock --replay tape
post "$body" >status
equal "played" "$(cut -d ' ' -f 1 status)" 200
cmp first answer || fail "the answer is not the same"
awk '{ exit !($2 >= 0.2) }' status || fail "earlier than it was: $(cat status)"
equal "not recorded" "$(post '{}' | cut -d ' ' -f 1)" 404
equal "its code" "$(jq -r .error.code answer)" not_recorded
equal "counted" "$(mock_stats .replay_misses)" 1

expect 73 "$GLIMPSE" mock --record "$origin" --record-file tape
says "tape is there already"
expect 64 "$GLIMPSE" mock --record "$origin"
says "--record-file FILE go together"
expect 64 "$GLIMPSE" mock --record "$origin" --record-file other --replay tape
expect 74 "$GLIMPSE" mock --record "$origin" --record-file nowhere/tape
says "--record-file: nowhere/tape"
# What is recorded is as it is: an option that would make it another is not passed over.
expect 64 "$GLIMPSE" mock --replay tape --fault 500:100%
says '--fault says nothing beside --replay'
expect 64 "$GLIMPSE" mock --record "$origin" --record-file other --rpm 60
says '--rpm says nothing beside --record'
expect 64 "$GLIMPSE" bench --replay tape --latency 1s --requests 1 --calibrate-first off
says '--latency says nothing beside --replay'
for option in '--script x' '--models m' '--reasoning 1' '--latency 1s' '--ttft 1s' '--token-rate 5' '--token-gap 1s' '--piece-tokens 2' \
    '--prefill-rate 5' '--slowdown 2%' '--retry-after 1s' '--outage 1s-2s' '--capacity 2' '--queue 2' '--refuse 500' \
    '--quota-after 5' '--rpm 5' '--tpm 5'; do
    # shellcheck disable=SC2086
    expect 64 "$GLIMPSE" mock --replay tape $option
    says "${option%% *} says nothing beside --replay"
done
code=0
"$GLIMPSE" bench --replay tape --requests 1 --calibrate-first off --keep-going --json run.json >out 2>err || code=$?
[ "$code" = 1 ] || [ "$code" = 70 ] || fail "exit $code" # no answer of it fits
says 'a mock of our own, --replay tape'
equal "no latency of ours" "$(jq -c '[.settings.mock_latency, (.settings.mock_options | contains("--replay tape"))]' run.json)" '[null,true]'
echo '{}' >bad
expect 65 "$GLIMPSE" mock --replay bad
says "--replay: bad line 1: no digest"
expect 78 "$GLIMPSE" mock --record ftp://x --record-file other
