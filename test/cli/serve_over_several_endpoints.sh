# The gateway over one endpoint that is dead, one that is limited and one that is well: 1,000 of 1,000 are answered. Its
# file of endpoints is read again on SIGHUP together with the keys: both or none.
KEY1=sk-canary-of-the-first
export KEY1
mock() {
    name=$1
    shift
    start_mock "$@"
    mv port "$name"
}
address() { printf 'http://127.0.0.1:%s/v1' "$(cat "$1")"; }
asked() { cp "$1" port && mock_stats .requests; }
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

# ask MODEL TEXT: the head and the body of the answer go to the file answer; prints the status.
ask() {
    curl -s -m 60 -i -o answer -w '%{http_code}' -H 'Content-Type: application/json' -H "Authorization: Bearer $CALLER" \
        -d "{\"model\": \"$1\", \"messages\": [{\"role\": \"user\", \"content\": \"$2\"}]}" \
        "http://127.0.0.1:$(cat sport)/v1/chat/completions"
}
answered_by() {
    count=$((count + 1))
    [ "$(ask m "again $count")" = 200 ] && tr -d '\r' <answer | grep -qix "glimpse-endpoint: $1"
}
count=0

mock dead --refuse 503
mock limited --rpm 60
mock well --require-key $KEY1
one() { # name, file of the port
    printf '{"name": "%s", "base_url": "%s", "api_key_env": "KEY1", "group": "all"}' "$1" "$(address "$2")"
}
file() { printf '{"endpoints": [%s]}' "$1" >endpoints.json; }
file "$(one dead dead), $(one limited limited), $(one well well)"
"$GLIMPSE" serve --new-key web >made
CALLER=$(sed -n 1p made)
printf '{"keys": [%s]}' "$(sed -n 2p made)" >keys.json
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --endpoints endpoints.json --keys keys.json --drain 0 \
    --log-level info >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving

drafts 1000 >in
OPENAI_API_KEY=$CALLER expect 0 "$GLIMPSE" batch in -o records --base-url "http://127.0.0.1:$(cat sport)/v1" --max-attempts 1
equal answered "$(records records '[.[] | select(.glimpse.status == "aligned")] | length')" 1000
[ "$(asked dead)" -le 100 ] || fail "the dead one was asked $(asked dead) times"
[ "$(asked well)" -ge 800 ] || fail "the well one was asked $(asked well) times only"

# Another file, one that is wrong, and one that comes with wrong keys.
file "$(one renamed well)"
kill -s HUP "$SERVE"
until_true answered_by renamed
file "$(one wrong well), $(one wrong well)"
kill -s HUP "$SERVE"
until_true grep -q 'endpoints_refused.*endpoints\[1\].name' serve.err
answered_by renamed || fail 'a wrong file changed something'
file "$(one third well)"
printf '{"keys": [7]}' >keys.json
kill -s HUP "$SERVE"
until_true grep -q 'keys_refused.*keys\[0\]' serve.err
answered_by renamed || fail 'with wrong keys the endpoints changed'
printf '{"keys": [%s]}' "$(sed -n 2p made)" >keys.json
kill -s HUP "$SERVE"
until_true answered_by third
if grep -qF -e $KEY1 -e "$CALLER" serve.err answer; then fail 'a key is shown'; fi
kill -s TERM "$SERVE"
code=0
wait "$SERVE" || code=$?
equal exit $code 0
