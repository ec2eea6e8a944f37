# The first failure of each kind is said at once, in the endpoint's words; a run of which the first 20
# answers are one that no request can be the reason of, or of which the key is refused, ends there.
start_mock
wrong=${URL%v1}wrong
run() { # exit code, options
    code=$1
    shift
    expect "$code" "$GLIMPSE" bench -q --calibrate-first off --validity off "$@"
}
run 75 --base-url "$wrong" --duration 1h --json report
# (Twelve users ask at once: which of them is answered first is the network's affair.)
grep -qE '^glimpse: .*request ([1-9]|1[0-2]): ' err || fail "none of the first twelve requests is named"
says '(HTTP 404)' 'the base URL may lack /v1' \
    'stopping: the first 20 answers are all ' 'of which no request is the reason' --keep-going
equal lines "$(wc -l <err)" 2
asked=$(mock_stats .requests)
[ "$asked" -ge 20 ] && [ "$asked" -le 40 ] || fail "$asked were sent"
equal interrupted "$(jq .interrupted report)" true

# Figures of a run that was cut are not what they seem: INVALID.
expect 75 "$GLIMPSE" bench -q --calibrate-first off --base-url "$wrong" --json report
equal verdict "$(jq -r .verdict report)" invalid

# An open loop too; a search ends with its first run, and says each kind once over all of its runs.
run 75 --base-url "$wrong" --rate 200 --duration 1h
run 75 --base-url "$wrong" --saturate --duration 1h
equal lines "$(wc -l <err)" 2

# Whoever wants it has all sent.
before=$(mock_stats .requests)
run 1 --base-url "$wrong" --requests 50 --pool-ratio 0 --keep-going
one_line
equal sent "$(($(mock_stats .requests) - before))" 50
kill "$MOCK"

# A key that is refused, or used up, ends it at once.
export OPENAI_API_KEY=sk-one
start_mock --refuse 401
run 77 --base-url "$URL" --duration 1h
says 'stopping: the endpoint refused the credentials'
one_line
kill "$MOCK"
start_mock --quota-after 30
run 75 --base-url "$URL" --duration 1h --pool-ratio 0
says 'stopping: the quota of this key is used up'
one_line
kill "$MOCK"

# A 200 that says nothing is no answer.
unset OPENAI_API_KEY
printf '{"rules":[{"content":""}]}' >silent
start_mock --script silent
for options in "" "--stream" "--input-tokens 20"; do
    # shellcheck disable=SC2086
    run 1 --base-url "$URL" --requests 10 $options --json report
    says 'has an answer that is none: the answer says nothing'
    equal "errors of '$options'" "$(jq -c '[.result, .totals.errors, .totals.by_error]' report)" '["FAIL",10,{"bad_json":10}]'
done
kill "$MOCK"
export OPENAI_API_KEY=sk-one

# What may be a request's own stops nothing.
start_mock --refuse 400
run 1 --base-url "$URL" --requests 50 --pool-ratio 0
one_line
equal sent "$(mock_stats .requests)" 50
