# The line in docs/internals/mock.md that puts TLS and HTTP/2 in front of a mock.
PATH=$PATH:/usr/sbin
needs nghttpx
needs openssl
curl --version | grep -q HTTP2 || { echo "SKIPPED: this curl speaks no HTTP/2" >&2; exit 77; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>err || fail "no certificate"
start_mock --token-rate 0
# nghttpx takes no port of the system's choice: one that is free, by asking for it.
front=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
nghttpx -f"127.0.0.1,$front" -b"127.0.0.1,$(cat port)" key.pem cert.pem --conf=/dev/null 2>nghttpx.err &
pids="$pids $!"
post() {
    curl -sS --cacert cert.pem -H 'content-type: application/json' "$@" "https://localhost:$front/v1/chat/completions"
}
body='{"model":"m","messages":[{"role":"user","content":"Hello there."}]}'
until_true sh -c "curl -s --cacert cert.pem https://localhost:$front/health"
equal "plain, over HTTP/2" "$(post -o answer -w '%{http_version} %{http_code}' -d "$body")" "2 200"
equal "its text" "$(jq -r '.choices[0].message.content' answer)" "Hello there."
post -N -d '{"stream":true,"model":"m","messages":[{"role":"user","content":"Hello there."}]}' >stream
equal "a stream" "$(grep -c 'data: \[DONE\]' stream)" 1
equal "without HTTP/2" "$(post --http1.1 -o answer -w '%{http_version} %{http_code}' -d "$body")" "1.1 200"
equal "a fault" "$(post -o answer -w '%{http_code}' -H 'x-mock-fault: 429' -d "$body")" 429
