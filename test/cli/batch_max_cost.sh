# --max-cost: the limit is not overshot, whatever is in flight; the job can be resumed. --prices tells
# prices; an unknown one is no cost and no guess.
start_mock --latency 20ms
drafts 200 >in
# A draft here is billed as 89 to 91 prompt and 4 completion tokens, all at a dollar a thousand.
echo '{"gpt-4o-mini":{"input":1000,"output":1000,"cached_input":500}}' >prices
expect 75 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --prices prices --max-cost 5 \
    --concurrency 20 --summary summary
says --max-cost --resume
cost=$(jq .cost_usd summary)
tokens=$(jq '.usage.prompt_tokens + .usage.completion_tokens' summary)
equal "a dollar a thousand" "$(jq -n "$cost * 1000 | round")" "$tokens"
equal "not overshot" "$(jq -n "$cost <= 5")" true
# A bound is 256 completion tokens and a body of some 550 bytes: what is left has no room for one.
equal "nor stopped before it must" "$(jq -n "$cost > 5 - 1")" true
equal "all that was sent is there" "$(mock_stats .requests)" "$(wc -l <out.jsonl)"
equal lines "$(jq -c '.done + .unsent' summary)" 200
equal statuses "$(records out.jsonl '[.[].glimpse.status] | unique | join(" ")')" aligned
expect 0 "$GLIMPSE" batch in -o out.jsonl --resume --base-url "$URL" --prices prices \
    --max-cost 1000 --summary summary
equal "each once" "$(mock_stats .requests)" 200
equal "this run's cost alone" "$(jq -n "$(jq .cost_usd summary) < 19 and $cost > 0")" true

# In the order of the input, too.
expect 75 "$GLIMPSE" batch in -o ordered.jsonl --ordered --base-url "$URL" --prices prices \
    --max-cost 5 --concurrency 20 --cache-size 0
equal ordered "$(records ordered.jsonl '[.[].glimpse.line] | . == sort')" true

# The list prices are built in, dates after the name or not.
expect 0 "$GLIMPSE" batch in -o list.jsonl --base-url "$URL" --model gpt-4o-mini-2024-07-18 \
    --summary summary
equal "list price" "$(jq -c '(.cost_usd * 1e8 | round) - (.usage.prompt_tokens * 15 +
    .usage.completion_tokens * 60)' summary)" 0
says 'cost         $0.0'
expect 0 "$GLIMPSE" batch in -o unknown.jsonl --base-url "$URL" --model nobody-knows \
    --summary summary
equal unknown "$(jq .cost_usd summary)" null
says 'cost not known'
expect 78 "$GLIMPSE" batch in -o unknown2.jsonl --base-url "$URL" --model nobody-knows --max-cost 1
says --max-cost --prices 'line 1'
[ ! -s unknown2.jsonl ] || fail "something was sent"

# The local sampler costs nothing.
expect 0 "$GLIMPSE" batch in -o local.jsonl --sampler local --max-cost 1 --summary summary
equal "no cost" "$(jq .cost_usd summary)" 0

# A file of prices that is none.
for bad in 'nothing' '[]' '{"m":{"output":1}}' '{"m":{"input":-1}}' '{"m":{"input":"1"}}' '{"m":1}' \
    '{"m":{"input":1}}' '{"m":{"input":1,"output":null}}' '{"m":{"input":1,"output":1e7}}' \
    '{"m":{"input":1,"output":1,"outptu":2}}' '{"m":{"input":1,"output":1},"m":{"input":2,"output":2}}' \
    '{"m":{"input":1,"output":1,"max_output":-1}}'; do
    echo "$bad" >prices
    expect 78 "$GLIMPSE" batch in -o new.jsonl --base-url "$URL" --prices prices
    says --prices
done
[ ! -e new.jsonl ] || fail "an output was made"

# What is answered in packs is paid in shares; what is coalesced or cached is not paid again.
echo '{"gpt-4o-mini":{"input":1000,"output":1000,"cached_input":500}}' >prices
{ cat in && sed 's/"d/"again/' in; } >both
expect 0 "$GLIMPSE" batch both -o packed.jsonl --pack --base-url "$URL" --prices prices --summary summary
[ "$(jq .by_source.packed summary)" -gt 100 ] || fail "nothing was packed"
equal "the tokens of all requests" "$(jq -n "$(jq .cost_usd summary) * 1000 | round")" \
    "$(records packed.jsonl '[.[] | select(.glimpse.source == "live" or .glimpse.source == "packed") |
        .glimpse.usage | .prompt_tokens + .completion_tokens] | add')"

# A stored answer costs nothing: it is given whatever the limit, also behind the line where it ends.
tail -n 100 in >late
expect 0 "$GLIMPSE" batch late -o late.jsonl --base-url "$URL" --cache-store store.db
sent=$(mock_stats .requests)
expect 75 "$GLIMPSE" batch in -o stored.jsonl --base-url "$URL" --prices prices --max-cost 5 \
    --concurrency 20 --cache-store store.db --summary summary
says --max-cost --resume
equal "all that is stored" "$(jq .by_source.cache summary)" 100
equal "hits of the store" "$(jq .cache.store_hits summary)" 100
equal "and some more" "$(jq '.by_source.live > 5 and .by_source.live < 100' summary)" true
equal "which were sent" "$(($(mock_stats .requests) - sent))" "$(jq .by_source.live summary)"
equal lines "$(jq -c '.done + .unsent' summary)" 200
equal "hit rate" "$(jq '.cache | (.hits + .store_hits) / (.hits + .misses) - .hit_rate | fabs < 1e-9' summary)" true
expect 75 "$GLIMPSE" batch in -o none.jsonl --ordered --base-url "$URL" --prices prices \
    --max-cost 0.001 --cache-store store.db --summary summary
[ "$(jq .by_source.cache summary)" -gt 100 ] || fail "stored answers were held back"
equal "nothing was sent" "$(jq .attempts summary)" 0
equal ordered "$(records none.jsonl '[.[].glimpse.line] | . == sort')" true
