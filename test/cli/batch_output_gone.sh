# OUTPUT is deleted, moved, replaced or cut while a job runs: 74, named, never a success; what is known is written anew
# or stays where it is told, and with --mode api the journal and the parts stay until it is certain.
begin() { # HOW...
    rm -rf answers* elsewhere
    start_mock --latency 100ms --batch-latency 1s
    drafts 40 >in
    "$GLIMPSE" batch in -o answers --summary summary --base-url "$URL" --concurrency 8 -q "$@" 2>err &
    job=$!
    pids="$pids $job"
    if [ "$1" = --mode ]; then until_true grep -q created answers.journal; else until_true test -s answers; fi
}
ends() { # RECORDS FILE
    code=0
    wait "$job" || code=$?
    equal "exit" "$code" 74
    says "answers: " "since the job began"
    equal "done of the summary" "$(jq .done summary)" "$1"
    equal "records in $2" "$(records "$2" '[.[].custom_id] | unique | length')" "$1"
}
for how in '--concurrency 4' '--mode api'; do
    begin $how
    rm answers
    ends 40 answers
    says "written anew, to answers"

    begin $how
    mv answers elsewhere
    ends 40 elsewhere
    says "its records are in $PWD/elsewhere"

    begin $how
    echo "somebody's" >new
    mv new answers
    ends 40 answers.saved
    equal "the other file" "$(cat answers)" "somebody's"
    [ "$how" != '--mode api' ] || [ -s answers.journal ] || fail "the journal is gone"
done

# Of one that was cut, what is written after is whole records, and --resume asks for the rest.
begin --concurrency 4
before=$(wc -l <answers)
: >answers
code=0
wait "$job" || code=$?
equal "exit" "$code" 74
says "answers: it was cut since the job began"
left=$(records answers length)
equal "done of the summary" "$(jq .done summary)" "$left"
equal "unsent of the summary" "$(jq .unsent summary)" $((40 - left))
equal "aligned of the summary" "$(jq .by_status.aligned summary)" "$left"
[ "$left" -ge 1 ] && [ "$left" -le $((40 - before)) ] || fail "$left records after a cut behind $before"
sent=$(mock_stats .requests)
expect 0 "$GLIMPSE" batch in -o answers --base-url "$URL" --resume
equal "records" "$(records answers '[.[].custom_id] | unique | length')" 40
equal "asked again" "$(($(mock_stats .requests) - sent))" $((40 - left))
