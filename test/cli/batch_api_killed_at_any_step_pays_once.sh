# Killed again and again at whatever it does at the endpoint, while the answer to that is held
# back, a job that is resumed pays for no line twice, loses none, and asks again only for what was
# left undone.
drafts 60 >in
kills=0
for seed in 1 2 3; do
    start_mock --latency 30ms --batch-latency 150ms --batch-fault expire:20%,fail:5%,not-found:1 \
        --seed "$seed"
    resume=
    run=0
    while :; do
        "$GLIMPSE" batch in -o "records$seed" --base-url "$URL" --mode api --batch-requests 30 \
            $resume >out 2>err &
        pid=$!
        if [ "$run" -lt 15 ]; then
            perl -e 'srand $ARGV[0]; select undef, undef, undef, .01 + rand .08' "$((seed * 100 + run))"
            kill -KILL "$pid" 2>/dev/null || :
        fi
        code=0
        wait "$pid" 2>/dev/null || code=$?
        [ "$code" != 0 ] || break
        [ "$code" = 137 ] || fail "seed $seed, run $run: exit $code"
        resume=--resume
        run=$((run + 1))
        kills=$((kills + 1))
    done
    equal records "$(records "records$seed" length)" 60
    equal distinct "$(records "records$seed" '[.[].custom_id] | unique | length')" 60
    equal statuses "$(records "records$seed" '[.[].glimpse.status] | unique | join(",")')" aligned
    equal "lines paid for" "$(mock_stats .batch.lines_answered)" 60
    equal "different lines" "$(mock_stats .batch.lines_distinct)" 60
    for left in "records$seed".*; do [ ! -e "$left" ] || fail "$left is left"; done
    kill "$MOCK"
done
[ "$kills" -ge 15 ] || fail "killed only $kills times"
