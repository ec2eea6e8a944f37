# The calls of the official Node SDK all succeed against the mock: chat, streams, tools, parse with a schema,
# completions, responses, embeddings, models, files, batches; and its errors are the kinds they should be. The
# SDK comes from npm at the version of test/sdk/package-lock.json, once, and is kept beside the program.
needs node
needs npm
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    echo "SKIPPED: node 20 or later is needed, and here is $(node --version)" >&2
    exit 77
fi
from=${script%/*}/../sdk
kept=$(dirname "$GLIMPSE")/sdk
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

start_mock --token-rate 0 --batch-latency 200ms --require-key sk-of-the-mock \
    --models gpt-4o-mini,text-embedding-3-small,text-embedding-3-large,org/own
expect 0 node "$kept/sdk.js" "$URL" sk-of-the-mock
equal "all of them" "$(tail -1 out)" "all $(grep -c ': ok$' out)"
equal "so many" "$(tail -1 out)" "all 15"
kill "$MOCK"

# The same calls see what they look for: a server that stands still, and one that breaks its JSON.
start_mock --token-rate 0 --require-key sk-of-the-mock --models gpt-4o-mini,text-embedding-3-small,text-embedding-3-large,org/own \
    --fault malformed:100%
expect 1 node "$kept/sdk.js" "$URL" sk-of-the-mock
prints "chat.completions.create: failed"
