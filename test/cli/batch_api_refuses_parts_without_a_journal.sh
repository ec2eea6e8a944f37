# Parts of a job whose journal is empty or gone are not begun anew, and nothing is sent.
start_mock --batch-latency 50ms
drafts 5 >in
mkdir folder
echo '{}' >folder/records.part-2.in
for journal in empty gone; do
    rm -f folder/records.journal
    [ "$journal" = gone ] || : >folder/records.journal
    expect 73 "$GLIMPSE" batch in -o folder/records --base-url "$URL" --mode api --resume
    says 'folder/records.journal: is empty or gone' 'folder/records.part-*'
    [ -s folder/records.part-2.in ] || fail "the part is gone"
done
equal requests "$(mock_stats .batch.uploads)" 0
rm folder/records.part-2.in
expect 0 "$GLIMPSE" batch in -o folder/records --base-url "$URL" --mode api --resume
equal records "$(records folder/records length)" 5
