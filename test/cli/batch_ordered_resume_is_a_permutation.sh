# Putting the records in the input's order drops none of them, whatever becomes of the input meanwhile.
echo '{"rules":[{"when":{"call":"40-"},"latency":"600s"}]}' >script # the job cannot end before its input was cut
start_mock --script script
{ drafts 60 && echo bad; } >in
head -30 in >first
expect 0 "$GLIMPSE" batch first -o answers --base-url "$URL"
"$GLIMPSE" batch in -o answers --resume --ordered -q --base-url "$URL" --concurrency 2 --summary sum 2>err &
job=$!
pids="$pids $job"
some() { [ "$(wc -l <answers)" -gt 30 ]; }
until_true some
head -3 in >short
cat short >in
kill -9 "$MOCK"
port=${URL##*:}
start_mock --port "${port%/v1}"
code=0
wait "$job" || code=$?
[ "$code" = 0 ] || [ "$code" = 1 ] || fail "exit $code"
equal "done" "$(jq .done sum)" "$(wc -l <answers)"
equal "in order" "$(records answers '[.[].glimpse.line] | . == sort')" true
equal "each once" "$(records answers '[.[].glimpse.line] | . == unique')" true
[ "$(wc -l <answers)" -gt 30 ] || fail "records were dropped"
says "in was cut"
