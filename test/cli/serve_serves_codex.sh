# OpenAI's agent, codex, works through the gateway without a login and without a setting for it: its WebSocket is refused
# with 426 and it goes on over HTTP at once; it has a tool called and answers; a prompt of 900 KB arrives whole. Its
# bodies are plain: it compresses for a login with ChatGPT alone (serve_serves_curl.sh has zstd).
. "${script%/*}/../sdk/install.sh"
install_clients "${script%/*}/../codex"
codex=$kept/node_modules/.bin/codex
code=0
"$codex" --version >out 2>err </dev/null || code=$?
if [ $code != 0 ]; then
    cat out err >&2
    echo "SKIPPED: codex does not run here" >&2
    exit 77
fi

serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

SECRET=sk-of-the-mock-0123456789
expect 0 "$GLIMPSE" serve --new-key app
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json
start_mock --token-rate 0 --require-key $SECRET
OPENAI_API_KEY=$SECRET "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 --base-url "$URL" \
    --keys keys.json --access-log access.log >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving

mkdir home work
cat >home/config.toml <<END
model = "gpt-4o-mini"
model_provider = "gate"
[model_providers.gate]
name = "gate"
base_url = "http://127.0.0.1:$(cat sport)/v1"
env_key = "GATE_KEY"
wire_api = "responses"
supports_websockets = true
[analytics]
enabled = false
END
ask() { # PROMPT, or the standard input
    CODEX_HOME=$PWD/home HOME=$PWD/home GATE_KEY=$KEY timeout 120 "$codex" exec --skip-git-repo-check -s read-only \
        -C work "$@" >out 2>err || fail "codex ended with $?: $(tail -c 600 err)"
}
asked() { jq -s "[.[] | select($1)] | length" access.log; }

ask 'say hello codex' </dev/null
prints 'say hello codex'
equal 'refused WebSockets' "$(asked '.status == 426')" 1
equal 'failures' "$(asked '.status >= 400 and .status != 426')" 0
sent=$(asked '.status == 200 and .kind == "responses" and .stream')
equal 'requests at the mock' "$(mock_stats .requests)" "$sent"
[ "$sent" -ge 1 ] || fail 'nothing was asked'

{ printf 'large prompt. ' && head -c 900000 /dev/zero | tr '\0' x | fold -w 80; } >large
ask - <large
prints 'large prompt.'
equal 'a body with all of it' "$(asked '.bytes_in > 900000 and .status == 200' | sed 's/^[1-9][0-9]*$/yes/')" yes
equal 'failures' "$(asked '.status >= 400 and .status != 426')" 0
! grep -qF -e "$SECRET" access.log serve.err out err || fail "the endpoint's key is shown"
! grep -qF -e "$KEY" access.log serve.err || fail "the caller's key is logged"
