# --refuse answers all requests, or those with a text, with a status; --reset-errors ends each error answer
# with a reset; --close-after closes a connection unannounced as its next request comes.
body='{"model":"m","messages":[{"role":"user","content":"Hello."}]}'
poison='{"model":"m","messages":[{"role":"user","content":"Some poison."}]}'
post() { # BODY, curl options...
    said=$1
    shift
    curl -sS -o answer -w '%{http_code}\n' -H 'content-type: application/json' "$@" -d "$said" "$URL/chat/completions" 2>err
}

start_mock --refuse 500:poison
equal "a good body" "$(post "$body")" 200
equal "a chosen body" "$(post "$poison")" 500
equal "its error" "$(jq -r .error.type answer)" server_error
equal "a header goes first" "$(post "$poison" -H 'x-mock-fault: none')" 200
equal "counted" "$(mock_stats '.by_status | tojson')" '"{\"200\":2,\"500\":1}"'
kill "$MOCK"

start_mock --refuse 401 --reset-errors
code=0
post "$body" >status || code=$?
equal "curl says that the connection was reset" "$code" 56
equal "behind the status" "$(cat status)" 401
equal "and the whole body" "$(jq -r .error.code answer)" invalid_api_key
kill "$MOCK"

start_mock --close-after 2
to=$URL/chat/completions
equal "new connections" "$(curl -sS -o answer -o answer -o answer -w '%{http_code} %{num_connects}\n' -d "$body" \
    -H 'content-type: application/json' "$to" "$to" "$to" | xargs)" "200 1 200 0 200 1"
equal "closed" "$(mock_stats .closed_connections)" 1
equal "what it never read is not counted" "$(mock_stats .requests)" 3
