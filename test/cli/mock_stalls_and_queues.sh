# A capacity makes requests wait their turn, a full queue refuses, a stall delays what falls in it, and
# a header chooses one request's fate; /__mock/stats counts each.
body='{"model":"m","messages":[{"role":"user","content":"Hello."}]}'
post() { # curl options...
    curl -sS -o answer.$$ -w '%{http_code}\n' -H 'content-type: application/json' "$@" -d "$body" "$URL/chat/completions"
}
stat_of() { # jq path
    curl -sS "${URL%/v1}/__mock/stats" | jq -r "$1"
}

send() { # N...: one request each, side by side
    for i in "$@"; do
        curl -sS -o "answer$i" -w '%{http_code}\n' -H 'content-type: application/json' -d "$body" \
            "$URL/chat/completions" >"code$i" &
        posts="${posts:-} $!"
    done
}
start_mock --latency 200ms --capacity 1 --queue 2
before=$(date +%s%N)
send 1 2 3
# shellcheck disable=SC2086  # many numbers
wait $posts
took=$((($(date +%s%N) - before) / 1000000))
[ $took -ge 599 ] || fail "three of 200 ms, one at a time, took $took ms"
equal "answers" "$(sort code1 code2 code3 | uniq -c | xargs)" "3 200"

# The place is held for a minute, so that the queue is full however long the requests take to come.
start_mock --latency 60s --capacity 1 --queue 2
came() { [ "$(stat_of .requests)" = "$1" ] && [ "$(stat_of .queue_peak)" = "$2" ]; }
posts=
send 1
until_true came 1 0
send 2 3
until_true came 3 2
equal "refused" "$(post -D head)" 503
grep -qi '^retry-after: 1' head || fail "no retry-after"
equal "waited" "$(stat_of .queued_requests)" 2
equal "refused, counted" "$(stat_of .queue_refused)" 1
# shellcheck disable=SC2086  # many numbers
kill $posts

start_mock --stall 0+300ms
before=$(date +%s%N)
equal "stalled" "$(post)" 200
took=$((($(date +%s%N) - before) / 1000000))
[ $took -ge 299 ] || fail "answered in the stall, after $took ms"
equal "counted" "$(stat_of .stalled_requests)" 1

equal "by header" "$(post -H 'x-mock-fault: 429')" 429
equal "by header" "$(post -H 'x-mock-fault: 503')" 503
equal "by header" "$(post -H 'x-mock-fault: 429')" 429
equal "faults" "$(stat_of '.by_fault | tojson')" '{"429":2,"503":1}'
