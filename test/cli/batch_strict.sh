# --strict names up to ten bad lines and sends nothing; it needs an input that can be read twice.
start_mock
{ drafts 3; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "bad $i"; done; drafts 1; } >in
expect 65 "$GLIMPSE" batch in -o records --base-url "$URL" --strict
says in:4: in:13: bad_json 'and 3 more' '13 bad lines'
! grep -q in:14: err || fail "more than ten are named"
[ ! -e records ] || fail "an output was made"
equal sent "$(mock_stats .requests)" 0
drafts 20 >good
expect 0 "$GLIMPSE" batch good -o records --base-url "$URL" --strict
equal records "$(wc -l <records)" 20
code=0
drafts 3 | "$GLIMPSE" batch - -o piped --base-url "$URL" --strict >out 2>err || code=$?
equal "exit for a pipe" $code 64
code=0
"$GLIMPSE" batch - -o redirected --base-url "$URL" --strict <good >out 2>err || code=$?
equal "exit for a redirected file" $code 0
