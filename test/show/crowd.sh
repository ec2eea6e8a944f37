# crowd.sh - for scripts that let a crowd of callers (bench/callers) ask `glimpse serve` over `glimpse mock`; sourced by
# them, after figures.sh.
callers=$(dirname "$GLIMPSE")/bench/glimpse-callers
[ -x "$callers" ] || { echo "crowd.sh: $callers is not there; build glimpse-callers" >&2; exit 77; }
SECRET=sk-of-the-mock-0123456789

serving() {
    [ -s serve.out ] || kill -0 "$SERVE" 2>/dev/null || fail "serve ended: $(cat serve.err)"
    [ -s serve.out ]
}

# start_serve OPTIONS...: sets SERVE and PORT. LISTEN: the address, if it is not to be a free port.
start_serve() {
    rm -f serve.out
    OPENAI_API_KEY=$SECRET "$GLIMPSE" serve --listen "${LISTEN:-127.0.0.1:0}" --port-file sport --base-url "$URL" \
        --log-level warn "$@" >serve.out 2>>serve.err &
    SERVE=$!
    pids="$pids $SERVE"
    until_true serving
    PORT=$(cat sport)
}

# end_serve PID: waits for its end, which must be a good one.
end_serve() {
    code=0
    wait "$1" || code=$?
    equal "exit of serve" $code 0
}

# new_key NAME [MEMBERS]: prints a fresh key, and adds its line to keys.lines with the members of an object.
new_key() {
    "$GLIMPSE" serve --new-key "$1" >key.new
    sed -n 2p key.new | jq -c ". + ${2:-{\}}" >>keys.lines
    sed -n 1p key.new
}
keys_file() { jq -s '{keys: .}' keys.lines >keys.json; }

# before_others PID...: where it is permitted, these come before all else on the machine, and so does each crowd from then
# on: the times of a busy machine are not the gateway's.
before_others() {
    chrt -f 1 true 2>/dev/null || return 0
    before='chrt -f 1'
    for process in "$@"; do chrt -f -p 1 "$process"; done
}
before=

# crowd NAME=VALUE...: what it counted is then in crowd.json.
crowd() {
    # shellcheck disable=SC2086
    $before "$callers" port="$PORT" mock="$(cat port)" secret=$SECRET "$@" >crowd.json 2>crowd.err ||
        fail "the crowd ended with $?: $(cat crowd.err)"
    [ ! -s crowd.err ] || sed 's/^/        /' crowd.err
}
counted() { jq "$1" crowd.json; }

# set_mock JSON: settings of the mock from now on.
set_mock() { curl -fsS -m 60 -o settings -X PUT --data "$1" "${URL%/v1}/__mock/settings" || fail "settings of the mock: $1"; }

# tap NAME: where there is node, what start_serve starts asks the mock over a wire that keeps all bytes: NAME.up, NAME.down.
tap() {
    command -v node >/dev/null || return 0
    node "${0%/*}/../sdk/tap.js" "$1.port" "$(cat port)" "$1" &
    pids="$pids $!"
    until_true test -s "$1.port"
    URL=http://127.0.0.1:$(cat "$1.port")/v1
    tapped=$1
}
tapped=

# no_keys_in FILE...: neither the endpoint's key nor the caller's (KEY) is in a log, a page or an answer; the caller's is
# not on the wire to the endpoint, where the endpoint's is.
no_keys_in() {
    figure "files with a key in them" "$(grep -laF -e "$SECRET" -e "$KEY" "$@" /dev/null | wc -l)" == 0
    [ -n "$tapped" ] || return 0
    figure "the caller's key on the wire to the endpoint" "$(grep -caF -e "$KEY" "$tapped.up" || :)" == 0
    figure "either key in what the endpoint sent" "$(grep -caF -e "$KEY" -e "$SECRET" "$tapped.down" || :)" == 0
    figure "the endpoint's key on the wire to it" "$(grep -caF -e "$SECRET" "$tapped.up" || :)" '>=' 1
}

# nothing_lost: figures that hold of every crowd.
nothing_lost() {
    figure "answers that were lost" "$(counted .lost)" == 0
    figure "answers that were another question's" "$(counted .wrong)" == 0
    figure "questions refused" "$(counted .refused)" == 0
    figure "texts that the endpoint answered twice" "$(counted .upstream.doubled)" == 0
    figure "answers that the endpoint never gave" "$(counted .upstream.never)" == 0
    figure "requests that the journal forgot" "$(counted .upstream.unseen)" == 0
    figure "answers with the endpoint's key in them" "$(counted .secrets)" == 0
}
