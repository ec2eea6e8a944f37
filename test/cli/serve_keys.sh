# Callers' keys: made, loaded, refused with their place in the file (78), read again on SIGHUP, where a bad
# file changes nothing.
serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

status() { curl -s -m 20 -o answer -w '%{http_code}' -H "Authorization: Bearer $1" \
    "http://127.0.0.1:$(cat sport)/v1/models"; }
answers() { [ "$(status "$1")" = "$2" ]; }

start_mock
expect 0 "$GLIMPSE" serve --new-key web
KEY=$(sed -n 1p out)
jq -e --arg name web '.name == $name and (.sha256 | length == 64)' <<END >/dev/null || fail 'no line'
$(sed -n 2p out)
END
equal sha256 "$(printf %s "$KEY" | sha256sum | cut -d' ' -f1)" "$(sed -n 2p out | jq -r .sha256)"
jq -s '{keys: .}' <<END >keys.json
$(sed -n 2p out)
END
expect 0 "$GLIMPSE" serve --new-key other
OTHER=$(sed -n 1p out)
jq -s '{keys: .}' <<END >others.json
$(sed -n 2p out)
END
expect 78 "$GLIMPSE" serve --new-key ''
says '--new-key'

# Each name has its key and its line; none is forgotten, and nothing is printed before a refusal.
expect 0 "$GLIMPSE" serve --new-key one --new-key two
equal lines "$(wc -l <out | tr -d ' ')" 4
equal names "$(sed -n '2p;4p' out | jq -r .name | tr '\n' ' ')" 'one two '
expect 78 "$GLIMPSE" serve --new-key one --new-key one
says '--new-key' 'twice'
equal printed "$(wc -c <out | tr -d ' ')" 0

printf '{"keys": [{"name": "web", "sha256": "12"}]}' >bad.json
expect 78 "$GLIMPSE" serve --listen 127.0.0.1:0 --base-url "$URL" --keys bad.json
says 'bad.json' 'keys[0].sha256' '64 hex digits'
one_line
expect 78 "$GLIMPSE" serve --listen 127.0.0.1:0 --base-url "$URL" --keys nowhere.json
says 'nowhere.json'

# With keys it may be reached from other machines.
"$GLIMPSE" serve --listen 0.0.0.0:0 --port-file sport --base-url "$URL" --keys keys.json --drain 0 \
    --log-level info >serve.out 2>serve.err &
SERVE=$!
pids="$pids $SERVE"
until_true serving
equal key "$(status "$KEY")" 200
equal none "$(status '')" 401
equal other "$(status "$OTHER")" 401

cp keys.json good.json
cp bad.json keys.json
kill -s HUP "$SERVE"
until_true grep -q keys_refused serve.err
grep -q 'keys\[0\].sha256' serve.err || fail 'the place is not logged'
equal 'after a bad file' "$(status "$KEY")" 200
cp others.json keys.json
kill -s HUP "$SERVE"
until_true answers "$OTHER" 200
equal 'the former key' "$(status "$KEY")" 401
grep -qF -e "$KEY" -e "$OTHER" serve.err && fail 'a key is in the log'
kill -s TERM "$SERVE"
code=0
wait "$SERVE" || code=$?
equal exit $code 0
