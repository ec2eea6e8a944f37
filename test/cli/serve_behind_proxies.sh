# Behind nginx (HTTP/1.0 and kept connections), behind haproxy and behind another `glimpse serve` the gateway
# answers as it does without them: plain, streamed piece by piece, refusals with their waits, compressed and large
# bodies; and a client that leaves takes its request with it.
needs nginx
needs haproxy

# start NAME COMMAND...: sets STARTED, its number.
start() {
    name=$1
    shift
    "$@" >"$name.out" 2>"$name.err" &
    STARTED=$!
    pids="$pids $STARTED"
}
answers() { [ "$(status "$@" -m 5 "$HOST/healthz")" = 200 ]; }
status() { curl -s -m 60 -D head -o answer -w '%{http_code}' "$@"; }

start_mock --token-rate 0 --fault '429:~busy,404:~nowhere,500:~broken,hang@3:~endless' --retry-after 1s
serving() {
    [ -s "$SERVING.out" ] || kill -0 "$STARTED" 2>/dev/null || fail "serve ended: $(cat "$SERVING.err")"
    [ -s "$SERVING.out" ]
}
serve() { # NAME BASE-URL: on the socket NAME.sock and on a port in NAME.port
    rm -f "$1.out"
    start "$1" "$GLIMPSE" serve --listen 127.0.0.1:0 --listen "unix:$PWD/$1.sock" --port-file "$1.port" \
        --base-url "$2" --drain 0 --max-attempts 1 --cache-size 0
    SERVING=$1
    until_true serving
}
serve one "$URL"
PORT=$(cat one.port)
serve two "http://127.0.0.1:$PORT/v1"

user=
[ "$(id -u)" != 0 ] || user="user root;" # its workers write large bodies here
cat >nginx.conf <<END
$user
daemon off;
pid $PWD/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
    access_log off;
    client_max_body_size 64m;
    client_body_temp_path $PWD/nginx.body;
    proxy_temp_path $PWD/nginx.proxy;
    fastcgi_temp_path $PWD/nginx.fastcgi;
    uwsgi_temp_path $PWD/nginx.uwsgi;
    scgi_temp_path $PWD/nginx.scgi;
    upstream kept { server 127.0.0.1:$PORT; keepalive 8; }
    server {
        listen unix:$PWD/nginx10.sock;
        location / { proxy_pass http://127.0.0.1:$PORT; }
    }
    server {
        listen unix:$PWD/nginx11.sock;
        location / {
            proxy_pass http://kept;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host localhost;
        }
    }
}
END
start nginx nginx -p "$PWD" -e stderr -c "$PWD/nginx.conf"
cat >haproxy.cfg <<END
global
    maxconn 100
defaults
    mode http
    option abortonclose
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend in
    bind unix@$PWD/haproxy.sock
    default_backend serve
backend serve
    server one 127.0.0.1:$PORT
END
start haproxy haproxy -db -f haproxy.cfg

HOST=http://localhost
body() { printf '{"model":"m","messages":[{"role":"user","content":"%s"}]%s}' "$1" "${2-}"; }
left() { [ "$(mock_stats .left)" = "$1" ]; }
gone=0

# The same through each: SOCKET
through() {
    by="--unix-socket $1.sock"
    # shellcheck disable=SC2086
    until_true answers $by
    chat="$HOST/v1/chat/completions"
    # shellcheck disable=SC2086
    ask() { status $by -H 'Content-Type: application/json' "$@"; }

    equal "$1, plain" "$(ask "$chat" -d "$(body "hello $1")")" 200
    equal "$1, plain" "$(jq -r '.choices[0].message.content' answer)" "hello $1"
    grep -qi '^glimpse-status: live' head || fail "$1: no Glimpse-Status"
    grep -qi '^cache-control: private, no-store' head || fail "$1: no Cache-Control"

    equal "$1, a stream" "$(ask "$chat" -d "$(body "a stream of words" ',"stream":true')")" 200
    equal "$1, its end" "$(grep '^data: ' answer | tail -1)" 'data: [DONE]'
    equal "$1, its words" "$(sed -n 's/^data: \({.*\)$/\1/p' answer |
        jq -j '.choices[0].delta.content // ""')" 'a stream of words'

    equal "$1, 404" "$(ask "$HOST/v1/nothing")" 404
    equal "$1, 404" "$(jq -r .error.code answer)" unknown_path
    equal "$1, 404 of the endpoint" "$(ask "$chat" -d "$(body nowhere)")" 404
    equal "$1, 429" "$(ask "$chat" -d "$(body busy)")" 429
    grep -qi '^retry-after: 1' head || fail "$1: no Retry-After"
    equal "$1, 500" "$(ask "$chat" -d "$(body broken)")" 502
    equal "$1, 500" "$(jq -r .error.code answer)" upstream_error
    equal "$1, 415" "$(ask "$chat" -H 'Content-Encoding: br' -d "$(body x)")" 415
    equal "$1, 400" "$(ask "$chat" -d '{')" 400

    body compressed | gzip -c >packed
    equal "$1, gzip" "$(ask "$chat" -H 'Content-Encoding: gzip' --data-binary @packed)" 200
    equal "$1, gzip" "$(jq -r '.choices[0].message.content' answer)" compressed
    body large ",\"user\":\"$(seq -s ' ' 300000)\"" >large
    equal "$1, 2 MB and Expect" "$(ask "$chat" --data-binary @large)" 200
    equal "$1, 2 MB in chunks" "$(ask "$chat" -H 'Transfer-Encoding: chunked' --data-binary @large)" 200

    # The endpoint stops in the middle, for ever: what came before it has come to the client, which leaves.
    # shellcheck disable=SC2086
    curl -sN $by -o stream.$1 "$chat" -H 'Content-Type: application/json' \
        -d "$(body 'endless stream of words' ',"stream":true')" &
    CLIENT=$!
    pids="$pids $CLIENT"
    until_true grep -q '^data: .*content' stream.$1
    kill "$CLIENT"
    wait "$CLIENT" 2>err || :
    gone=$((gone + 1))
    until_true left $gone
}

for proxy in one nginx10 nginx11 haproxy two; do through $proxy; done
