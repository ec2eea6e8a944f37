# The first failure of each kind is said at once, in the endpoint's words; when the first 20 answers are
# one that no line can be the reason of, the job stops and can be gone on with.
# (Four are in flight: which of them is answered first is the network's affair.)
start_mock
drafts 200 >in
expect 75 "$GLIMPSE" batch in -o records -q --base-url "${URL%v1}wrong" --concurrency 4
grep -q '^glimpse: line [1-4]: ' err || fail "no line of the four that were in flight is named"
says '(HTTP 404)' 'stopping: the first 20 answers are all ' --keep-going --retry-failed
equal lines "$(wc -l <err)" 2
asked=$(mock_stats .requests)
[ "$asked" -ge 20 ] && [ "$asked" -le 24 ] || fail "$asked were sent"
equal records "$(wc -l <records)" "$asked"

# Put right, it goes on.
expect 0 "$GLIMPSE" batch in -o records --resume --retry-failed -q --base-url "$URL"
equal aligned "$(records records '[.[] | select(.error == null)] | length')" 200
equal asked "$(mock_stats .requests)" $((asked + 200))

# Whoever wants it gets a record a line.
expect 1 "$GLIMPSE" batch in -o all -q --base-url "${URL%v1}wrong" --keep-going
one_line
equal records "$(wc -l <all)" 200

# What a line can be the reason of is said once, and stops nothing; nor does a 404 once a line was
# answered.
{ drafts 30; yes '{"custom_id":' | head -n 30; drafts 30 e; yes '{"custom_id":"a"}' | head -n 1; } >in
expect 1 "$GLIMPSE" batch in -o mixed -q --base-url "$URL"
equal kinds "$(sed -n 's/^glimpse: line [0-9]*: \([a-z_]*\).*/\1/p' err | sort | tr '\n' ' ')" \
    'bad_json missing_input_text '
equal lines "$(wc -l <err)" 2
{ drafts 1; drafts 60 x | jq -c '{custom_id, method: "POST", url: "/v1/nowhere", body: {messages: []}}'; } >in
expect 1 "$GLIMPSE" batch in -o late -q --base-url "$URL" --concurrency 1
equal records "$(wc -l <late)" 61
one_line
