# The calls of the official Node SDK all succeed against the mock: chat, streams, tools, parse with a schema,
# completions, responses, embeddings, models, files, batches; and its errors are the kinds they should be. The
# SDK comes from npm at the version of test/sdk/package-lock.json, once, and is kept beside the program.
. "${script%/*}/../sdk/install.sh"
install_clients "${script%/*}/../sdk"

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
