# Drafts of one goal share requests, and each gets what it would have got alone.
start_mock
awk 'BEGIN { for (i = 1; i <= 1000; i++)
    printf "{\"custom_id\":\"d%d\",\"input_text\":\"Report %d of the day. It \\\"rained\\\".\\nThe rest of it is about number %d.\",\"goal\":\"summarize in one sentence\",\"constraints\":\"at most 20 words\"}\n", i, i, i * 7 }' >in

expect 0 "$GLIMPSE" batch in -o alone --base-url "$URL" --summary alone.summary
equal "requests without --pack" "$(mock_stats .requests)" 1000
equal "packs without --pack" "$(jq .pack.packs alone.summary)" 0

expect 0 "$GLIMPSE" batch in -o packed --base-url "$URL" --pack --summary summary
requests=$(($(mock_stats .requests) - 1000))
[ "$requests" -le 150 ] || fail "$requests requests for 1,000 drafts"
filter='sort_by(.custom_id) | .[] | [.custom_id, .glimpse.sample, .glimpse.key] | @tsv'
records alone "$filter" >right
records packed "$filter" >found
cmp right found >&2 || fail "other samples or keys than without --pack"
equal "records" "$(wc -l <packed)" 1000
equal "of their own" "$(records packed 'map(.glimpse.sample) | unique | length')" 1000
equal "the attempts in the summary" "$(jq .attempts summary)" "$requests"
equal "sources" "$(jq .by_source.packed summary)" "$(jq .pack.packed summary)"
equal "saved" "$(jq .pack.requests_saved summary)" $((1000 - requests))
[ "$(jq .pack.prompt_tokens_saved summary)" -gt 0 ] || fail "no prompt tokens saved"
says "packs "

# A record is one of the Batch format with a completion of its own.
equal "contents" "$(records packed 'all(.response.status_code == 200 and .error == null and
    .response.body.choices[0].message.content == .glimpse.sample and
    .response.body.usage == .glimpse.usage)')" true

# What the server counted in tokens, the records share without a remainder; nothing was asked again.
equal "asked again" "$(jq .pack.asked_again summary)" 0
for name in prompt_tokens completion_tokens; do
    equal "$name" "$(records packed "map(.glimpse.usage.$name) | add")" "$(jq ".usage.$name" summary)"
done
equal "requests by record" "$(records packed 'map(if .glimpse.pack_drafts then
    1 / .glimpse.pack_drafts else 1 end) | add | round')" "$requests"
