# --overwrite drops the records of a killed job with --ordered that wait beside the output, whichever way the new job goes:
# --resume would take them for its own.
start_mock
drafts 3 >in
for mode in online api; do
    echo old >answers
    echo old >answers.ahead
    expect 0 "$GLIMPSE" batch in -o answers --overwrite --mode $mode --base-url "$URL" --quiet
    equal "$mode: records" "$(records answers '[.[].custom_id] | unique | length')" 3
    [ ! -e answers.ahead ] || fail "$mode: answers.ahead is left"
done
