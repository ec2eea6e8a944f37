# Clients from npm get through the gateway what they get from an endpoint, and the mock behind it sees what they asked:
# the official SDK (chat, streams, tools, parse with a schema, completions, responses, embeddings of texts and token
# ids, models, abort, deadlines, retries), Vercel's `ai` with both its providers, LangChain, undici, axios, got. No
# key of a caller passes to the endpoint, and the endpoint's passes to none of them: all bytes of both sides are kept
# and searched.
. "${script%/*}/../sdk/install.sh"
install_clients "${script%/*}/../sdk"

serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

# start_serve BASE_URL OPTIONS...: sets SERVE, and BASE for its clients.
start_serve() {
    rm -f serve.out sport
    url=$1
    shift
    OPENAI_API_KEY=$SECRET "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 --base-url "$url" \
        --keys keys.json "$@" >serve.out 2>>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    BASE=http://127.0.0.1:$(cat sport)/v1
}

stop_serve() {
    kill -s TERM "$SERVE"
    code=0
    wait "$SERVE" || code=$?
    equal "exit of serve" $code 0
}

# start_tap NAME PORT: a wire to the port; sets TAPPED, its own.
start_tap() {
    node "$kept/tap.js" "$1.port" "$2" "$1" &
    pids="$pids $!"
    until_true test -s "$1.port"
    TAPPED=$(cat "$1.port")
}

SECRET=sk-of-the-mock-0123456789
MODELS=gpt-4o-mini,text-embedding-3-small,text-embedding-3-large,org/own
expect 0 "$GLIMPSE" serve --new-key app
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json

# Every call of the SDK that an endpoint answers, but files and batches, which are not served. Without the cache, as
# they count pieces.
start_mock --token-rate 0 --require-key $SECRET --models $MODELS
start_serve "$URL" --cache bypass
expect 0 timeout 120 node "$kept/sdk.js" "$BASE" "$KEY" 'files, batches' errors
equal "calls of the SDK" "$(tail -1 out)" "all 13"
stop_serve
kill "$MOCK"

# Through wires on both sides of the gateway.
start_mock --token-rate 20 --journal 4000 --require-key $SECRET --models $MODELS,gpt-3.5-turbo-instruct \
    --fault '500:~poison,truncate:~cut this,hang:~hang '
start_tap behind "$(cat port)"
start_serve "http://127.0.0.1:$TAPPED/v1" --max-attempts 2 --base-delay 1ms --log-level info
start_tap before "$(cat sport)"
for clients in openai vercel langchain http; do
    code=0
    timeout 240 node "$kept/$clients.js" "http://127.0.0.1:$TAPPED/v1" "$KEY" "${URL%/v1}" >out 2>err || code=$?
    equal "exit of $clients.js" $code 0
    cat out
done
stop_serve

holds() { grep -qaF -e "$2" "$1" || fail "$1 does not hold what it must: the search is blind"; }
holds_not() { ! grep -qaF -e "$2" "$1" || fail "$1 holds a key"; }
holds before.up "$KEY"
holds behind.up "$SECRET"
holds_not behind.up "$KEY"
for file in before.down behind.down serve.out serve.err; do
    holds_not $file "$SECRET"
    holds_not $file "$KEY"
done
