# Row 53: killed at whatever it does at the endpoint, while the answer to it is held back, a job
# that is resumed pays for no line twice, loses none, and asks again only for what was left undone.
start_mock --latency 60ms --batch-latency 200ms --batch-fault expire:20%,fail:5%,not-found:1 --seed 7
drafts 90 >in
run=0
delay=30
resume=
while :; do
    "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 45 $resume >out 2>err &
    pid=$!
    # The first rounds are killed later and later, so that each step is the one that is cut off.
    if [ "$run" -lt 14 ]; then
        perl -e 'select undef, undef, undef, $ARGV[0] / 1000' "$delay"
        kill -KILL "$pid" 2>/dev/null || :
    fi
    code=0
    wait "$pid" 2>/dev/null || code=$?
    [ "$code" != 0 ] || break
    [ "$code" = 137 ] || fail "run $run: exit $code"
    resume=--resume
    run=$((run + 1))
    delay=$((delay + 45))
done
[ "$run" -ge 5 ] || fail "killed only $run times"
equal records "$(records records length)" 90
equal distinct "$(records records '[.[].custom_id] | unique | length')" 90
equal statuses "$(records records '[.[].glimpse.status] | unique | join(",")')" aligned
equal "lines paid for" "$(mock_stats .batch.lines_answered)" 90
equal "different lines" "$(mock_stats .batch.lines_distinct)" 90
[ ! -e records.journal ] || fail "the journal is left"
for left in records.part-*; do [ ! -e "$left" ] || fail "$left is left"; done
