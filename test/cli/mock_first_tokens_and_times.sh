# --ttft is of streams and of nothing else, --times says the times unasked, a stall holds a stream that
# has begun, and each fault is counted under its own name.
body='{"model":"m","messages":[{"role":"user","content":"One two three four."}]}'
stream='{"model":"m","stream":true,"messages":[{"role":"user","content":"One two three four."}]}'
post() { # body, curl options...
    data=$1
    shift
    curl -sS -m 30 -D head -o answer -H 'content-type: application/json' "$@" -d "$data" "$URL/chat/completions"
}

start_mock --latency 60s --ttft 0 --token-rate 0
post "$stream" || fail "the stream waited for --latency"
grep -q '^data: \[DONE\]' answer || fail "the stream is not whole"
start_mock --latency 0 --ttft 60s
post "$body" || fail "the plain answer waited for --ttft"
jq -e .choices answer >/dev/null || fail "no answer"

# Four tokens at 20 a second take 150 ms; the mock stands still from 60 ms to 560 ms.
start_mock --token-rate 20 --stall 60ms+500ms --times
post "$stream" -N
grep -q '^: x-mock-times [0-9]\{20\} [0-9]\{20\}$' answer || fail "a stream does not say its times"
sed -n 's/^: x-mock-times//p' answer >last
# shellcheck disable=SC2046  # two numbers
set -- $(cat last)
took=$(echo "$1 $2" | awk '{ printf "%d\n", ($2 - $1) / 1000000 }')
[ "$took" -ge 559 ] || fail "the last token came in the stall, after $took ms"
post "$body"
grep -q '^x-mock-times: [0-9]\{20\} [0-9]\{20\}' head || fail "an answer does not say its times"
grep -q '^x-request-id: [0-9]\{20\}-[0-9]\{20\}' head || fail "an answer is not named by its times"

start_mock
for fault in 429 500 503 reset truncate malformed hang; do
    for times in 1 2; do
        curl -s -m 60 -o answer -H 'content-type: application/json' -H "x-mock-fault: $fault" -d "$body" \
            "$URL/chat/completions" &
        asked=$!
        met() { [ "$(mock_stats ".by_fault[\"$fault\"]")" = $times ]; }
        until_true met
        [ $fault != hang ] || kill $asked
        wait $asked || :
    done
    equal "$fault" "$(mock_stats ".by_fault[\"$fault\"]")" 2
done
left() { [ "$(mock_stats '[.left, .left_by_fault] | tojson')" = '"[2,{\"hang\":2}]"' ]; }
until_true left # the mock hears of it that nobody waits any more
equal "faults in all" "$(mock_stats '[.by_fault[]] | add')" 14
equal "answers" "$(mock_stats '.by_status["200"] // 0')" "$(mock_stats '(.by_fault.truncate + .by_fault.malformed)')"
