# A line's url cannot leave the path it names: dots, a query's end, a fragment, another host and bytes
# that a header would end with are refused; nothing of them reaches the server.
start_mock
line() { jq -cn --arg url "$1" '{custom_id: $url, method: "POST", url: $url,
    body: {model: "m", messages: [{role: "user", content: "x"}]}}'; }
{
    line '/v1/../../admin'
    line '/v1//127.0.0.1/x'
    line '/v1/chat#x'
    line '/v1/chat/completions%0d%0aX-Evil: 1'
    line "$(printf '/v1/chat\r\nX-Evil: 1')"
    line '/v1/chat completions'
    line '@127.0.0.1/v1'
    line 'http://127.0.0.1:1/v1/chat/completions'
    line '/v1/chat/completions'
} >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --log-level debug
equal records "$(wc -l <records)" 9
equal refused "$(records records '[.[] | select(.error.code == "bad_url")] | length')" 8
equal "the one that is a path" \
    "$(records records '.[] | select(.error == null) | .custom_id')" /v1/chat/completions
equal "requests at the server" "$(mock_stats .requests)" 1
