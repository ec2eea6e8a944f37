# Name resolution, TCP connect and the TLS handshake are distributions of the connections that a run opened: a request
# that goes out on a kept connection has no times of one, and does not count as 0.
PATH=$PATH:/usr/sbin
quick="--calibrate-first off --validity off --pool-ratio 0 -q"
opened() { jq -c '[.totals.connections_opened, (.distributions | .dns.count, .connect.count, .tls.count)]' run.json; }

start_mock --token-rate 0
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --requests-per-user 25 --concurrent-users 4 $quick --json run.json --markdown run.md
equal "100 requests of 4 users" "$(opened)" "[4,0,4,0]"
prints "connections  4 opened" "TCP connect"
grep -q '^| connect | 4 |' run.md || fail "not in the Markdown"
equal "times are told" "$(jq '.distributions.connect | .p50_us > 0 and .max_us < 60e6' run.json)" true
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --rate 200 --requests 60 --warmup 100ms $quick --json run.json
equal "the warm-up's are counted" "$(jq '.totals.cut > 0 and .distributions.connect.count == .totals.connections_opened and
    .distributions.connect.count > 0' run.json)" true

# A server that closes after each answer: each of 200 answers took a connection.
start_mock --close-after 1 --token-rate 0
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "$URL" --requests 200 --concurrent-users 4 $quick --json run.json
equal "a connection each" "$(opened)" "[200,0,200,0]"

# Nobody answers: nothing was opened, and nothing is said to have taken 0.
kill "$MOCK"
wait "$MOCK" || :
# shellcheck disable=SC2086
expect 69 "$GLIMPSE" bench --base-url "$URL" --requests 5 --concurrent-users 1 $quick --json run.json
equal "no connection" "$(opened)" "[0,0,0,0]"
grep -q '^connections' out && fail "connections are told"

needs nghttpx
needs openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>err || fail "no certificate"
start_mock --token-rate 0
front=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport')
nghttpx -f"127.0.0.1,$front" -b"127.0.0.1,$(cat port)" key.pem cert.pem --conf=/dev/null 2>nghttpx.err &
pids="$pids $!"
until_true curl -s --cacert cert.pem "https://localhost:$front/health"
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --base-url "https://localhost:$front/v1" --ca-file cert.pem --http 1.1 --requests-per-user 10 \
    --concurrent-users 3 $quick --json run.json
equal "over TLS" "$(opened)" "[3,0,3,3]"
prints "TLS handshake"
