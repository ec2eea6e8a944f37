# x-mock-times: when a request came and when its answer was sent, of a stream first and last token.
start_mock --latency 50ms --token-rate 100
body='{"model":"m","messages":[{"role":"user","content":"One two three four."}]}'
stream='{"model":"m","stream":true,"messages":[{"role":"user","content":"One two three four."}]}'

post() { # body, curl options...
    data=$1
    shift
    curl -sS -D head -o answer -H 'content-type: application/json' "$@" -d "$data" "$URL/chat/completions"
}
times_of() { # file
    sed -n 's/^:* *x-mock-times: *\([0-9]\{20\} [0-9]\{20\}\).*/\1/p; s/^: x-mock-times \([0-9]\{20\} [0-9]\{20\}\)$/\1/p' "$1"
}
ms_between() { # the two numbers
    echo "$1 $2" | awk '{ printf "%d\n", ($2 - $1) / 1000000 }'
}

post "$body"
equal "not asked for" "$(times_of head)" ""
post "$body" -H 'x-mock-times: 1'
# shellcheck disable=SC2046  # two numbers
waited=$(ms_between $(times_of head))
[ "$waited" -ge 49 ] || fail "sent $waited ms after it was received, and not 50"
jq -e .choices answer >/dev/null || fail "the body is not what it was"

post "$stream" -N -H 'x-mock-times: 1'
# shellcheck disable=SC2046
first=$(ms_between $(times_of head))
# shellcheck disable=SC2046
last=$(ms_between $(times_of answer))
[ "$first" -ge 49 ] || fail "first token after $first ms"
[ "$last" -ge $((first + 29)) ] || fail "last token $last ms after it was received, first $first"
equal "the end" "$(tail -n 2 answer | head -n 1)" "data: [DONE]"
