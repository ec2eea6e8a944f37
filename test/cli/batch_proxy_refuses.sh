# A proxy that refuses the credentials, over plain http: named, with its status, tried once; the job stops as with a
# key that is refused, and what was not sent has no record. ALL_PROXY is a proxy as in curl.
start_proxy 'HTTP/1.1 407 Proxy Authentication Required' 'Proxy-Authenticate: Basic realm="x"'
drafts 200 >in
ALL_PROXY=http://$PROXY expect 77 "$GLIMPSE" batch in -o records --base-url http://endpoint.invalid/v1 --concurrency 4 \
    --max-attempts 5 --summary summary
says "stopping: the proxy $PROXY refused the credentials, HTTP 407"
[ "$(wc -l <records)" -le 4 ] || fail "$(wc -l <records) lines were sent"
equal "attempts of each" "$(records records '[.[].glimpse.attempts] | unique | join(",")')" 1
equal kind "$(records records '[.[].error.code] | unique | join(",")')" proxy
equal unsent "$(jq .unsent summary)" $((200 - $(wc -l <records)))

# Through the Batch API as well.
ALL_PROXY=http://$PROXY expect 77 "$GLIMPSE" batch in -o api --base-url http://endpoint.invalid/v1 --mode api -q
says "the proxy $PROXY refused the credentials, HTTP 407"
! grep -q OPENAI_API_KEY err || fail "the key is blamed"

# A scheme's own wins, lower case over upper case, and NO_PROXY over all of them.
start_mock
for names in "http_proxy=http://127.0.0.1:$(cat port) ALL_PROXY=http://$PROXY" \
    "all_proxy=http://127.0.0.1:$(cat port) ALL_PROXY=http://$PROXY" \
    "http_proxy= all_proxy=http://127.0.0.1:$(cat port)"; do
    # shellcheck disable=SC2086
    expect 0 env $names "$GLIMPSE" run --base-url http://endpoint.invalid/v1 hello
done
ALL_PROXY=http://$PROXY no_proxy=127.0.0.1 expect 0 "$GLIMPSE" run --base-url "$URL" hello
