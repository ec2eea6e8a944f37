# --access-log: a line of JSON for each request, in a file that can be moved away, or on standard output. No
# key, prompt, answer or query is in it. A file that takes no more costs its lines, not the answers.
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    grep -q serving serve.out
}

start_serve() {
    rm -f sport serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    HERE=http://127.0.0.1:$(cat sport)
}

ends_with() { # CODE
    kill -s TERM "$SERVE"
    code=0
    wait "$SERVE" || code=$?
    equal exit "$code" "$1"
}

ask() { # WORDS [CURL OPTIONS]: prints the status
    words=$1
    shift
    curl -s -m 20 -o answer -w '%{http_code}' "$HERE/v1/chat/completions" "$@" \
        -d "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"$words\"}]}"
}
lines() { [ "$(wc -l <"$1")" = "$2" ]; }

start_mock
export OPENAI_API_KEY=sk-canary-of-the-endpoint-0123456789
expect 0 "$GLIMPSE" serve --new-key web
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json

start_serve --keys keys.json --access-log access.jsonl
equal status "$(ask 'canary of a prompt' -H "Authorization: Bearer $KEY")" 200
until_true lines access.jsonl 1
jq -e --arg peer 127.0.0.1 '.caller == "web" and .kind == "chat" and .model == "m" and .status == 200 and
    .code == null and .glimpse_status == "live" and .stale == false and .endpoint == null and .attempts == 1 and
    .queue_ms >= 0 and .ttfb_ms > 0 and .total_ms >= .ttfb_ms and .prompt_tokens > 0 and .completion_tokens > 0 and
    .bytes_in > 50 and .bytes_out > 100 and .peer == $peer and (.request_id | test("^glimpse-[0-9a-f]{16}-[0-9]+$")) and
    (.ts | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$"))' access.jsonl >/dev/null ||
    fail "the line: $(cat access.jsonl)"
equal bytes "$(jq .bytes_out access.jsonl)" "$(wc -c <answer)"
equal 'the wrong key' "$(ask 'canary of a prompt' -H 'x-api-key: sk-canary-of-a-stranger')" 401
equal 'a query' "$(curl -s -m 20 -o answer -w '%{http_code}' -H "api-key: $KEY" "$HERE/v1/models?canary=1")" 200
equal 'a path' "$(curl -s -m 20 -o answer -w '%{http_code}' "$HERE/canary")" 404
until_true lines access.jsonl 4
equal kinds "$(jq -r '"\(.kind) \(.status) \(.caller) \(.code)"' access.jsonl | sed 1d)" \
    "chat 401 null invalid_api_key
models 200 web null
unknown 404 null unknown_path"

# It is moved away, and SIGHUP makes a new one; so does an event's.
mv access.jsonl access.1
kill -s HUP "$SERVE"
until_true test -e access.jsonl
equal status "$(ask two -H "api-key: $KEY")" 200
until_true lines access.jsonl 1
lines access.1 4 || fail 'the file that was moved away has other lines'
# A place where no file can be made keeps the one before.
mv access.jsonl access.2
mkdir access.jsonl
kill -s HUP "$SERVE"
until_true grep -q 'log_not_reopened.*access.jsonl.*directory' serve.err
equal status "$(ask three -H "api-key: $KEY")" 200
until_true lines access.2 2
ends_with 0
if grep -qiE 'canary|sk-' access.1 access.2 serve.out; then fail 'a line has what is nobody'\''s business'; fi
if grep -qF -e "$KEY" access.1 access.2 serve.err; then fail 'a key is in a log'; fi

# On standard output, behind the line of where it serves. A client that left is 499.
start_mock --latency 30s
start_serve --access-log -
curl -s -m 60 -o answer "$HERE/v1/chat/completions" -d '{"model":"m","messages":[{"role":"user","content":"x"}]}' &
CLIENT=$!
pids="$pids $CLIENT"
is_there() { [ "$(mock_stats .requests)" = 1 ]; }
until_true is_there
kill "$CLIENT"
until_true lines serve.out 2
equal left "$(sed 1d serve.out | jq -r '"\(.status) \(.code) \(.attempts)"')" '499 client_left 1'
ends_with 0

# A full disk is reported once, costs no answer, and is told in the end.
start_mock
if [ -e /dev/full ]; then
    start_serve --access-log /dev/full
    equal status "$(ask one)" 200
    equal status "$(ask two)" 200
    until_true grep -q 'access-log' serve.err
    ends_with 74
    equal report "$(cat serve.err)" 'glimpse: --access-log: /dev/full: No space left on device; lines are lost'
fi

# A pipe that nobody empties holds up nothing. (It has room for some 200 lines, the log for 3,000.)
mkfifo pipe
sleep 600 <pipe &
pids="$pids $!"
start_serve --access-log pipe
seq 1 300 | sed "s,.*,url = $HERE/healthz\\noutput = /dev/null," >requests
expect 0 curl -s -m 60 -K requests -w '%{http_code}\n'
equal answers "$(grep -c 200 out)" 300
equal status "$(ask one)" 200
ends_with 74
grep -q 'access-log: pipe: .*; lines are lost' serve.err || fail 'what is lost is not told'

# What cannot be opened is named.
expect 74 "$GLIMPSE" serve --listen 127.0.0.1:0 --base-url "$URL" --access-log /nowhere/access
says '--access-log: /nowhere/access: No such file'
one_line
expect 78 "$GLIMPSE" serve --listen 127.0.0.1:0 --base-url "$URL" --access-log ''
