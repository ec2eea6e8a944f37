# A trace of times and a file of drafts: what is sent is what they say, and what is wrong is named.
printf '# times\n1700000000.5,a\n1700000000.9,b\n1700000000.6,c\n' >times
{
    printf '{"input_text":"one"}\n{"input_text":"two","goal":"count"}\n'
    printf '{"input_text":"one"}\n'
} >drafts
expect 0 "$GLIMPSE" bench --trace times --input drafts --latency 0 --pool-ratio 0 \
    --calibrate-first off --validity off --json run.json
says 'warning: --trace: 1 of 3 times lie before the one above them, the first in line 4'
equal "one for each time" "$(jq .totals.sent run.json)" 3
equal "none of them twice" "$(jq .totals.attempts run.json)" 3
equal "said as a trace" "$(jq -r .settings.arrival run.json)" trace
grep -q 'the times of a trace' out || fail "the table does not say that it is a trace"

# What repeats in the mix repeats for the cache, and nothing else does, although a line is there twice.
expect 0 "$GLIMPSE" bench --client engine --input drafts --latency 1ms --requests 60 --pool-size 3 --seed 2 \
    --calibrate-first off --validity off --json run.json
equal "hits are repetitions" "$(jq '.totals.hits == .totals.repeated' run.json)" true

# Bodies are sent as they are, to where they say, and do not repeat either.
printf '%s\n' '{"model":"m","messages":[{"role":"user","content":"a"}]}' \
    '{"custom_id":"x","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"b"}}' >bodies
expect 0 "$GLIMPSE" bench --input bodies --latency 0 --requests 40 --pool-ratio 0 \
    --calibrate-first off --validity off --json run.json
equal "all answered, none twice" "$(jq -c '[.totals.by_status.aligned, .totals.attempts]' run.json)" '[40,40]'

expect 74 "$GLIMPSE" bench --trace none
says --trace none
expect 74 "$GLIMPSE" bench --input none
says --input none
printf '1\nsoon\n' >times
expect 65 "$GLIMPSE" bench --trace times
says --trace 'line 2'
printf '{"input_text":""}\n' >drafts
expect 65 "$GLIMPSE" bench --input drafts
says --input 'line 1'
expect 64 "$GLIMPSE" bench --trace times --rate 5
says '--rate says nothing of --trace'
