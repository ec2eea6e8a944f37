# --ordered holds finished answers back until the lines before them are done. A second signal writes them, gaps and all;
# a kill leaves them beside the output; the next run asks none of them again. The summary counts what is in the file.
LINES=60
begin() {
    rm -f answers answers.ahead sum
    start_mock --fault hang:10% --seed 3
    drafts $LINES >in
    "$GLIMPSE" batch in -o answers --ordered --base-url "$URL" --concurrency 8 --summary sum -q 2>err &
    job=$!
    pids="$pids $job"
    held() { [ "$(grep -c . answers.ahead)" -ge 10 ]; } # behind one that hangs
    until_true held
}
resume() {
    kept=$(cat answers answers.ahead 2>cat.err | jq -r .custom_id | sort -u | wc -l)
    [ "$kept" -ge 10 ] || fail "only $kept records are there"
    start_mock
    expect 0 "$GLIMPSE" batch in -o answers --resume "$@" --base-url "$URL"
    equal "asked again" "$(mock_stats .requests)" $((LINES - kept))
    equal "records" "$(records answers '[.[].custom_id] | unique | length')" $LINES
    equal "lines" "$(wc -l <answers)" $LINES
    [ ! -e answers.ahead ] || fail "answers.ahead is left"
}

begin
kill -INT "$job"
said_stop() { grep -q stopping err; }
until_true said_stop
code=0
perl -e 'select undef, undef, undef, .1' # two signals within 50 ms are one
kill -INT "$job"
wait "$job" || code=$?
equal "exit" "$code" 130
equal "done" "$(jq .done sum)" "$(wc -l <answers)"
equal "done and unsent" "$(jq '.done + .unsent' sum)" $LINES
equal "by status" "$(jq '[.by_status[]] | add' sum)" "$(wc -l <answers)"
equal "in order" "$(records answers '[.[].glimpse.line] | . == sort')" true
[ ! -e answers.ahead ] || fail "answers.ahead is left"
resume --ordered
equal "in order" "$(records answers '[.[].glimpse.line] | . == sort')" true

for how in --ordered ''; do
    begin
    kill -KILL "$job"
    wait "$job" || :
    expect 73 "$GLIMPSE" batch in -o answers --base-url "$URL"
    resume $how
done
