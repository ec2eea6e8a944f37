# What is known of models can be looked at, a file goes over it, and what is wrong with one is named.
expect 0 "$GLIMPSE" profile show
prints 'gpt-4o-mini' 'max_completion_tokens'
expect 0 "$GLIMPSE" profile show openai/o3-mini-2025-01-31
prints 'max_completion_tokens' 'built in: o3' 'not known'
expect 0 "$GLIMPSE" profile show --json gpt-4o-mini-2024-07-18
equal "price" "$(jq -c '[.price.input,.price.output,.from.price]' out)" '[0.15,0.6,"built in: gpt-4o-mini"]'

cat >mine.json <<'END'
{"gpt-4o-mini": {"price": {"input": 1, "output": 2}},
 "slow": {"thresholds_ms": [3000, 4000, 5000, 6000], "max_tokens_as": "max_completion_tokens", "temperature": false},
 "short": {"timeout_ms": 300}}
END
expect 0 "$GLIMPSE" profile show --profiles mine.json
prints 'slow' 'file'
equal "each once" "$(grep -c '^gpt-4o-mini ' out)" 1
GLIMPSE_PROFILES=mine.json expect 0 "$GLIMPSE" profile show --json slow-7b gpt-4o-mini
equal "of the file" "$(jq -c -s 'map([.thresholds_ms[0],.from.thresholds_ms,.price.input])' out)" \
    '[[3000,"file: slow",null],[1500,"default",1]]'

# They are what a job goes by: its parameters, its time limits, its prices.
start_mock --latency 20ms
drafts 3 >in
expect 0 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --profiles mine.json --summary summary -q
equal "price" "$(jq '(.usage.prompt_tokens + 2 * .usage.completion_tokens) / 1e6 == .cost_usd' summary)" true
expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite --base-url "$URL" --profiles mine.json --model slow-7b --summary summary -q
equal "thresholds" "$(jq -c .thresholds_ms summary)" '[3000,4000,5000,6000]'
expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite --base-url "$URL" --profiles mine.json --model slow-7b --thresholds 1,2,3,4 --summary summary -q
equal "a flag wins" "$(jq -c .thresholds_ms summary)" '[1,2,3,4]'
start_mock --latency 30s
expect 1 "$GLIMPSE" batch in -o out.jsonl --overwrite --base-url "$URL" --profiles mine.json --model short --max-attempts 1 -q
equal "time limit" "$(records out.jsonl 'map(.error.code) | unique | join(",")')" timeout

refuse() { # words said..., then the file's text on standard input
    cat >bad.json
    expect 78 "$GLIMPSE" profile show --profiles bad.json
    says --profiles bad.json "$@"
}
echo '{"m":{"thresholds_ms":[2,1,3,4]}}' | refuse 'm: thresholds_ms'
echo '{"m":{"prize":1}}' | refuse 'm: prize' 'none of'
echo 'no' | refuse 'not JSON'
: | refuse 'not JSON'
expect 78 "$GLIMPSE" run --profiles none.json hello
says none.json
expect 64 "$GLIMPSE" profile
says "profile needs show"
expect 64 "$GLIMPSE" profile list
expect 64 "$GLIMPSE" profile show ''
