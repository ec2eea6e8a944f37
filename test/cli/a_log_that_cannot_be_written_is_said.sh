# Where --log-file was asked for, events that are lost are said once and are in the exit code; a pipe that
# nobody reads yet is waited for, and not in silence.
start_mock
drafts 20 >in
expect 74 "$GLIMPSE" batch in -o records -q --base-url "$URL" --log-file /dev/full --log-level debug \
    --summary summary
one_line
says '--log-file: /dev/full: cannot write: No space left on device'
equal records "$(wc -l <records)" 20
equal exit "$(jq .exit summary)" 74
expect 74 "$GLIMPSE" run hello --base-url "$URL" --log-file /dev/full --log-level debug
one_line
grep -q hello out || fail "no answer"
expect 0 "$GLIMPSE" batch in -o records --overwrite -q --base-url "$URL" --log-file log --log-level debug
grep -q openai_call log || fail "no events"

mkfifo pipe
"$GLIMPSE" run hello --base-url "$URL" --log-file pipe --log-level debug >out 2>err &
run=$!
pids="$pids $run"
until_true grep -q 'waiting for somebody to read this pipe' err
cat pipe >got
wait "$run"
grep -q openai_call got || fail "no events came through the pipe"
