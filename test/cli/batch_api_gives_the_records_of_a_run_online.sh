# The same file online and through batches: the same answers under the same ids and keys; what is bad
# has its record; what is asked twice is sent once; nothing is left beside the output.
start_mock --batch-latency 100ms --seed 3
{
    drafts 40
    echo '{"custom_id":"twice","input_text":"text number 7"}'
    echo '{"custom_id":"d1","input_text":"an id that was there"}'
    echo 'not JSON'
    printf '%s\n' '{"custom_id":"raw","method":"POST","url":"/v1/chat/completions","body":{"model":"other","messages":[{"role":"user","content":"hi"}],"note":"\"\\ ü"}}'
    echo '{"custom_id":"vector","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":["a","b"]}}'
} >in
expect 1 "$GLIMPSE" batch in -o online --base-url "$URL"
sent=$(mock_stats .requests)
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --mode api --batch-requests 25 --summary summary
what='sort_by(.glimpse.line) | map([.custom_id, .response.body, .error, .glimpse.line, .glimpse.key, .glimpse.status, .glimpse.sample, .glimpse.essence, .glimpse.usage, .glimpse.model])'
records online "$what" >a
records records "$what" >b
cmp -s a b || fail "the records differ: $(diff a b | head -5)"
equal "requests sent alone" "$(mock_stats .requests)" "$sent"
equal "lines in batches" "$(mock_stats .batch.lines_answered)" 42
equal "batches: one model and path each, 25 requests at most" "$(mock_stats .batch.batches)" 4
equal "source of what is asked twice" \
    "$(records records '[.[] | select(.custom_id == "twice" or .custom_id == "d7") | .glimpse.source] | sort | join(",")')" coalesced,live
equal attempts "$(jq .attempts summary)" 42
equal done "$(jq .done summary)" 45
for left in records.*; do [ ! -e "$left" ] || fail "$left is left"; done
