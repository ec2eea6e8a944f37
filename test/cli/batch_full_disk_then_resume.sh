# A full disk ends the job at once, keeps what is there, and --resume goes on when there is room: what
# was answered and written is not asked again.
start_mock --latency 5ms
drafts 400 >in
code=0
(ulimit -f 100 && exec "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --concurrency 8) \
    >out 2>err || code=$?
equal exit "$code" 74
says out.jsonl
asked=$(mock_stats .requests)
[ "$asked" -lt 300 ] || fail "it went on sending: $asked"
whole=$(awk 'END { print NR }' out.jsonl)
[ "$(tail -c 1 out.jsonl | wc -l)" = 1 ] || whole=$((whole - 1))
[ $((asked - whole)) -le 16 ] || fail "$asked asked, $whole kept"
expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" --concurrency 8
equal records "$(records out.jsonl '[.[].custom_id] | unique | length')" 400
equal lines "$(wc -l <out.jsonl)" 400
equal "asked again: what was not kept" "$(mock_stats .requests)" $((400 + asked - whole))

# A disk that is full for the new file leaves the old one as it is.
cp out.jsonl before
{ head -n 100 in && drafts 100 e; } >in2
code=0
(ulimit -f 100 && exec "$GLIMPSE" batch in2 -o out.jsonl --resume --base-url "$URL") \
    >out 2>err || code=$?
equal exit "$code" 74
cmp out.jsonl before || fail "the output was touched"
[ ! -e out.jsonl.resuming ] || fail "half a file is left"
