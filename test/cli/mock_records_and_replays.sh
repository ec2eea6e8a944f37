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
echo '{}' >bad
expect 65 "$GLIMPSE" mock --replay bad
says "--replay: bad line 1: no digest"
expect 78 "$GLIMPSE" mock --record ftp://x --record-file other
