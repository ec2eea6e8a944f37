# curl gets answers over HTTP/1.0 (plain, and a stream that ends with its connection), with a body in chunks, by gzip or
# zstd, and with Expect: 100 Continue comes once the key is accepted, and a wrong key gets its refusal without a body.
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

start_mock --token-rate 0
expect 0 "$GLIMPSE" serve --new-key app
KEY=$(sed -n 1p out)
sed -n 2p out | jq -s '{keys: .}' >keys.json
"$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --drain 0 --base-url "$URL" --keys keys.json \
    >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
BASE=http://127.0.0.1:$(cat sport)/v1

# ask KEY TEXT MORE CURL-OPTIONS...: sets answer, head, and prints the status. PACK: a program that the body goes through.
ask() {
    key=$1 text=$2 more=$3
    shift 3
    printf '{"model":"m","messages":[{"role":"user","content":"%s"}]%s}' "$text" "$more" | ${PACK-cat} >body
    curl -sS -m 60 -D head -o answer -w '%{http_code}' -H "Authorization: Bearer $key" \
        -H 'Content-Type: application/json' --data-binary @body "$@" "$BASE/chat/completions" 2>err
}
content() { jq -r '.choices[0].message.content' answer; }
# The whole text of a stream that ended as it should.
told() {
    [ "$(grep '^data: ' answer | tail -1)" = 'data: [DONE]' ] || fail "no end: $(cat answer)"
    sed -n 's/^data: \({.*\)$/\1/p' answer | jq -j '.choices[0].delta.content // ""'
}

equal 'HTTP/1.0' "$(ask "$KEY" 'old plain' '' --http1.0)" 200
equal 'HTTP/1.0' "$(content)" 'old plain'
grep -qi '^connection: close' head || fail 'HTTP/1.0: it does not say that it closes'
equal 'HTTP/1.0, a stream' "$(ask "$KEY" 'old stream of words' ',"stream":true' --http1.0)" 200
equal 'HTTP/1.0, a stream' "$(told)" 'old stream of words'
! grep -qi '^transfer-encoding' head || fail 'HTTP/1.0 knows no chunks'

equal 'chunks' "$(ask "$KEY" 'in chunks' '' -H 'Transfer-Encoding: chunked')" 200
equal 'chunks' "$(content)" 'in chunks'

# A body of 2 MB, for which curl asks by itself, and waits a second where no 100 comes.
large=$(seq -s ' ' 300000)
equal 'Expect' "$(ask "$KEY" 'expected.' ",\"user\":\"$large\"" -v)" 200
equal 'Expect' "$(content)" 'expected.'
grep -q '^> Expect: 100-continue' err || fail 'curl did not ask'
grep -q '^< HTTP/1.1 100 Continue' err || fail 'no 100 Continue'
equal 'Expect, a wrong key' "$(ask sk-wrong 'unexpected.' ",\"user\":\"$large\"" -v -w '%{http_code} %{size_upload}')" '401 0'
! grep -q '^< HTTP/1.1 100' err || fail '100 Continue for a wrong key'

PACK='gzip -c'
equal 'gzip' "$(ask "$KEY" 'by gzip.' ",\"user\":\"$large\"" -H 'Content-Encoding: gzip')" 200
equal 'gzip' "$(content)" 'by gzip.'
[ "$(wc -c <body)" -lt 1000000 ] || fail 'it is not compressed'
equal 'gzip and chunks' "$(ask "$KEY" 'both' '' -H 'Content-Encoding: gzip' -H 'Transfer-Encoding: chunked')" 200
equal 'gzip and chunks' "$(content)" 'both'
requests=6
# Where libzstd was there when it was built, and the program is here.
PACK='zstd -c -q'
if command -v zstd >/dev/null; then
    got=$(ask "$KEY" 'by zstd.' ",\"user\":\"$large\"" -H 'Content-Encoding: zstd')
    if [ "$got" = 415 ]; then
        equal 'without zstd it says so' "$(sed -n 's/^accept-encoding: *//ip' head | tr -d '\r')" gzip
    else
        equal zstd "$got" 200
        equal zstd "$(content)" 'by zstd.'
        requests=7
    fi
fi
equal 'the endpoint was asked' "$(mock_stats .requests)" $requests
