# A job over one endpoint that is dead, one that is limited and one that is well: each line is answered, each record
# names its endpoint, and the dead one is only probed once it has failed. Keys are in no file.
KEY1=sk-canary-of-the-first KEY2=sk-canary-of-the-second
export KEY1

# mock NAME OPTIONS...: starts one, keeps its port in the file NAME.
mock() {
    name=$1
    shift
    start_mock "$@"
    mv port "$name"
}
address() { printf 'http://127.0.0.1:%s/v1' "$(cat "$1")"; }
asked() { cp "$1" port && mock_stats .requests; }

mock dead --refuse 503
mock limited --rpm 60 --require-key $KEY1
mock well --require-key $KEY2
mkdir conf
printf '%s\n' $KEY2 >conf/second.key
cat >conf/endpoints.json <<END
{"endpoints": [
   {"name": "dead", "base_url": "$(address dead)", "group": "all"},
   {"name": "limited", "base_url": "$(address limited)", "api_key_env": "KEY1", "group": "all"},
   {"name": "well", "base_url": "$(address well)", "api_key_file": "second.key", "group": "all",
    "models": {"gpt-4o-mini": "qwen"}}],
 "routes": [{"model": "gpt-4o-mini", "try": ["all"]}]}
END
drafts 1000 >in
expect 0 "$GLIMPSE" batch in -o records --endpoints conf/endpoints.json --log-level info --log-file log \
    --summary summary
equal answered "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" 1000
equal lines "$(records records '[.[].custom_id] | unique | length')" 1000
equal 'who answered' "$(records records '[.[].glimpse.endpoint] - ["limited", "well"] | length')" 0
equal 'the last attempt' \
    "$(records records '[.[] | select(.glimpse.log != null) | select(.glimpse.log[-1].endpoint != .glimpse.endpoint)] | length')" 0
equal 'the model at the well one' \
    "$(records records '[.[] | select(.glimpse.endpoint == "well") | .response.body.model] | unique | join(",")')" qwen
grep -q 'openai_call.*endpoint=dead' log || fail 'the log names no endpoint'
if grep -qF -e $KEY1 -e $KEY2 log records summary out err; then fail 'a key is shown'; fi
# At most a window of requests before its circuit opened.
[ "$(asked dead)" -le 100 ] || fail "the dead one was asked $(asked dead) times"
[ "$(asked well)" -ge 800 ] || fail "the well one was asked $(asked well) times only"
