# What docs/serve.md tells to type works as it stands there: the request, the keys, the access log, nginx.
guide=${script%/test/cli/*}/docs/serve.md
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}
start_serve() {
    rm -f sport serve.out
    "$GLIMPSE" serve --listen 127.0.0.1:0 --port-file sport --base-url "$URL" --drain 0 "$@" >serve.out 2>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    PORT=$(cat sport)
}
# block WORD: the fenced lines of the guide from the one that has WORD on, with our program and port.
block() {
    awk -v word="$1" '/^```/ { on = 0 } index($0, word) { on = 1 } on' "$guide" |
        sed "s,^glimpse ,\"$GLIMPSE\" ,; s,127.0.0.1:8080,127.0.0.1:$PORT,"
}

start_mock
start_serve --access-log access.jsonl
block 'curl -i ' >request.sh
sh request.sh >first 2>err || fail 'the request'
grep -q '^glimpse-status: live' first || fail "$(cat first)"
sh request.sh >second 2>err
grep -q '^glimpse-status: cache' second || fail "$(cat second)"
logged() { [ "$(wc -l <access.jsonl)" = 2 ]; }
until_true logged
block 'jq -s -c' >slowest.sh
sh slowest.sh >slowest || fail 'the slowest'
equal 'the slowest' "$(wc -l <slowest)" 2
equal ready "$(curl -s "http://127.0.0.1:$PORT/readyz")" ok
curl -s "http://127.0.0.1:$PORT/" | grep -q '<title>glimpse serve</title>' || fail 'no status page'
kill -s TERM "$SERVE"
wait "$SERVE" || fail "exit $?"

block 'serve --new-key web' | sed '/--listen/d' >keys.sh
sh keys.sh || fail 'the keys'
start_serve --keys keys.json
KEY=$(sed -n 1p new)
equal 'without a key' "$(curl -s -o out -w '%{http_code}' "http://127.0.0.1:$PORT/v1/models")" 401
equal 'with it' "$(curl -s -o out -w '%{http_code}' -H "Authorization: Bearer $KEY" "http://127.0.0.1:$PORT/v1/models")" 200

needs nginx
user=
[ "$(id -u)" != 0 ] || user='user root;'
{
    cat <<END
$user
daemon off;
pid $PWD/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $PWD/body;
    proxy_temp_path $PWD/proxy;
    fastcgi_temp_path $PWD/fastcgi;
    uwsgi_temp_path $PWD/uwsgi;
    scgi_temp_path $PWD/scgi;
    server {
        listen unix:$PWD/nginx.sock;
END
    block 'location /v1/ {'
    echo '} }'
} >nginx.conf
nginx -p "$PWD" -e stderr -c "$PWD/nginx.conf" 2>nginx.err &
pids="$pids $!"
through() { curl -s -m 20 --unix-socket nginx.sock -o out -w '%{http_code}' "http://localhost$1" -H "Authorization: Bearer $KEY"; }
answers() { [ "$(through /v1/models)" = 200 ]; }
until_true answers
equal 'the status page stays here' "$(through /)" 404
