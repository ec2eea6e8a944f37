# --script gives answers, errors with their wait, latencies and faults to requests that fit; --models and
# --require-key refuse others; --reasoning thinks first.
status() { # CONTENT, curl options...
    said=$1
    shift
    curl -sS -o answer -D head -w '%{http_code}\n' -H 'content-type: application/json' "$@" \
        -d "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"$said\"}]}" "$URL/chat/completions" 2>err
}
delay() { sed -n 's/^openai-processing-ms: \([0-9]*\).*/\1/p' head; } # that the mock kept, in ms

cat >script.json <<'END'
{ "rules": [
  { "when": { "contains": "busy" }, "times": 1, "status": 429, "retry_after": "1500ms", "latency": "300ms",
    "error": { "message": "Later.", "type": "requests", "code": "slow_down" } },
  { "when": { "contains": "slow" }, "content": "Slowly.", "latency": "400ms" },
  { "when": { "contains": "drop" }, "fault": "reset" },
  { "when": { "contains": "tool" }, "tool_calls": [ { "name": "f", "arguments": { "a": 1 } } ] }
] }
END
start_mock --script script.json --latency 0 --fault 500:0%
equal "its status" "$(status busy)" 429
equal "its latency, not a tenth of it" "$(delay)" 300
equal "its error" "$(jq -c .error answer)" '{"message":"Later.","type":"requests","param":null,"code":"slow_down"}'
grep -qi '^retry-after-ms: 1500' head || fail "no retry-after-ms: $(cat head)"
equal "once" "$(status busy)" 200
status slow >line
equal "its content" "$(jq -r '.choices[0].message.content' answer)" "Slowly."
equal "its latency" "$(delay)" 400
status slow -H 'x-mock-latency: 0' >line
equal "a header goes first" "$(delay)" 0
code=0
status drop >line || code=$?
equal "reset" "$code" 56
equal "counted" "$(mock_stats .by_fault.reset)" 1
equal "a call" "$(status tool)" 200
equal "its arguments" "$(jq -r '.choices[0].message.tool_calls[0].function.arguments' answer)" '{ "a": 1 }'

# While it runs: another script, which is read whole or not at all.
settings=${URL%/v1}/__mock/settings
echo '{ "rules": [ { "content": "New." } ] }' >new.json
curl -sSf -X PUT "$settings" -d "{\"script\":\"$TMPDIR/new.json\",\"reasoning\":3}" >out
status x >line
equal "the new one" "$(jq -c '.choices[0].message | [.content, (.reasoning_content | split(" ") | length)]' answer)" '["New.",3]'
echo '{ "rules": 1 }' >bad.json
equal "a bad one" "$(curl -sS -o out -w '%{http_code}' -X PUT "$settings" -d "{\"script\":\"$TMPDIR/bad.json\"}")" 400
equal "changes nothing" "$(status x; jq -r '.choices[0].message.content' answer)" "200
New."
kill "$MOCK"

start_mock --models m,org/n --require-key sk-of-the-mock
key='authorization: Bearer sk-of-the-mock'
equal "without a key" "$(status x)" 401
equal "with another" "$(status x -H 'authorization: Bearer sk-other')" 401
equal "which is not said" "$(grep -c sk- answer)" 0
equal "with it" "$(status x -H "$key")" 200
equal "as Azure has it" "$(status x -H 'api-key: sk-of-the-mock')" 200
models() { curl -sS -o answer -w '%{http_code}' -H "$key" "$URL/models$1"; }
equal "the models" "$(models ''; jq -c '[.data[].id]' answer)" '200["m","org/n"]'
equal "one of them" "$(models /org%2Fn; jq -r .id answer)" "200org/n"
equal "no other" "$(models /gpt-4o; jq -r .error.code answer)" "404model_not_found"
equal "models need the key too" "$(curl -sS -o answer -w '%{http_code}' "$URL/models")" 401
equal "what the mock says of itself does not" "$(curl -sS -o answer -w '%{http_code}' "${URL%/v1}/health")" 200
curl -sS -o answer -H "$key" "$URL/chat/completions" -d '{"model":"o","messages":[{"role":"user","content":"x"}]}'
equal "an unknown model" "$(jq -r .error.code answer)" model_not_found
