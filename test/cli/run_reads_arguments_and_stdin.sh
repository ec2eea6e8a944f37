# The text is the words given, or standard input for - and for nothing.
start_mock
export OPENAI_BASE_URL="$URL"
expect 0 "$GLIMPSE" run --json two words
jq -r .glimpse.sample out >by_words
echo 'two words' | tr -d '\n' >text
code=0
"$GLIMPSE" run --json - <text >out 2>err || code=$?
equal exit $code 0
equal sample "$(jq -r .glimpse.sample out)" "$(cat by_words)"
"$GLIMPSE" run --json <text >out 2>err || code=$?
equal exit $code 0
equal source "$(jq -r '.glimpse.source, .error' out | tr '\n' ' ')" "live null "
equal lines "$(wc -l <out)" 1
"$GLIMPSE" run </dev/null >out 2>err || code=$?
equal "exit without a text" $code 65
printf 'ab\377' | "$GLIMPSE" run >out 2>err || code=$?
equal "exit with bad UTF-8" $code 65
says 'byte 2'
