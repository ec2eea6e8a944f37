# The calls of the official Node SDK all succeed through the gateway (without its cache: they count pieces): chat, streams, tools, parse with a schema, completions, responses, embeddings, models.
# Files and batches are not served. The SDK is the one of mock_serves_the_node_sdk.
needs node
needs npm
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    echo "SKIPPED: node 20 or later is needed, and here is $(node --version)" >&2
    exit 77
fi
from=${script%/*}/../sdk
kept=$(dirname "$GLIMPSE")/sdk-gate
mkdir -p "$kept"
cp "$from/sdk.js" "$from/package.json" "$kept"
if ! cmp -s "$from/package-lock.json" "$kept/package-lock.json" || [ ! -d "$kept/node_modules/openai" ]; then
    if ! (cd "$kept" && cp "$from/package-lock.json" package-lock.json &&
        timeout 90 npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout 20000 --fetch-retries 1 >"$TMPDIR/npm.log" 2>&1); then
        rm -f "$kept/package-lock.json"
        cat npm.log >&2
        echo "SKIPPED: npm could not fetch the SDK (no network, or a registry that it does not trust)" >&2
        exit 77 # with --all, too: what is missing is no package
    fi
fi

serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

start_mock --token-rate 0 --require-key sk-of-the-mock \
    --models gpt-4o-mini,text-embedding-3-small,text-embedding-3-large,org/own
expect 0 "$GLIMPSE" serve --new-key app
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json
OPENAI_API_KEY=sk-of-the-mock "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 \
    --cache bypass --base-url "$URL" --keys keys.json >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
expect 0 node "$kept/sdk.js" "http://127.0.0.1:$(cat sport)/v1" "$KEY" 'files, batches' errors
equal "all of them" "$(tail -1 out)" "all 13"

# The SDK's own errors, and its own retries: none, where the gateway's attempts are spent.
cat >"$kept/gate.js" <<'END'
import assert from 'node:assert/strict';
import OpenAI from 'openai';
const [baseURL, apiKey] = process.argv.slice(2);
const messages = [{ role: 'user', content: 'poison' }];
const client = new OpenAI({ baseURL, apiKey, maxRetries: 2, timeout: 60_000 });
const ask = (more) => client.chat.completions.create({ model: 'gpt-4o-mini', messages, ...more });
await assert.rejects(ask({ model: 'none' }), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
await assert.rejects(ask({ temperature: 3 }), (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
await assert.rejects(new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 2 }).models.list(),
  (error) => error instanceof OpenAI.AuthenticationError && error.code === 'invalid_api_key');
await assert.rejects(ask({}), (error) => error.status === 502 && error.code === 'upstream_error');
const stream = await ask({ messages: [{ role: 'user', content: 'cut this stream off' }], stream: true });
await assert.rejects(async () => { for await (const chunk of stream) assert.ok(chunk.choices); });
const left = await ask({ messages: [{ role: 'user', content: 'a b c d e f g h' }], stream: true });
for await (const chunk of left) if (chunk.choices[0]?.delta.content) break; // which aborts it
console.log('all');
END
kill -s TERM "$SERVE"
wait "$SERVE" || fail "exit $?"
kill "$MOCK"
start_mock --token-rate 20 --require-key sk-of-the-mock --models gpt-4o-mini \
    --fault '500:~poison,truncate:~cut this'
rm -f serve.out
OPENAI_API_KEY=sk-of-the-mock "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 \
    --max-attempts 2 --base-delay 1ms --base-url "$URL" --keys keys.json >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
expect 0 node "$kept/gate.js" "http://127.0.0.1:$(cat sport)/v1" "$KEY"
prints all
poisoned=$(mock_stats .by_status[\"500\"])
equal 'attempts at the poisoned one' "$poisoned" 2
one_left() { [ "$(mock_stats .left)" = 1 ]; }
until_true one_left
