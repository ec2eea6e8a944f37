# Each wrong file of endpoints ends the command with 78, and one line has the file, the place in it and the reason;
# what is of one endpoint alone is not taken beside it (64). No key is shown.
KEY=sk-canary-endpoints
export TEST_EMPTY=
start_mock

# refuse PLACE REASON COMMAND...
refuse() {
    place=$1 reason=$2 command=$3
    shift 3
    expect 78 "$GLIMPSE" "$command" --endpoints wrong.json "$@"
    says "--endpoints: wrong.json: $place: " "$reason"
    one_line
    if grep -qF -e "$KEY" out err; then fail 'the key is shown'; fi
}

# wrong PLACE REASON TEXT
wrong() {
    printf '%s\n' "$3" >wrong.json
    refuse "$1" "$2" run hello
    refuse "$1" "$2" serve --listen 127.0.0.1:0
    refuse "$1" "$2" batch lines -o records
    [ ! -e records ] || fail 'there are records'
}

printf '{"custom_id": "1", "input_text": "hello"}\n' >lines
one() { printf '{"endpoints": [{"name": "a", "base_url": "%s"%s}]%s}' "$URL" "$1" "$2"; }
wrong 'the file' 'is not JSON' '{"endpoints": ['
wrong 'endpoints[0].wieght' 'no such member' "$(one ', "wieght": 2' '')"
wrong 'endpoints[0].api_key_env' 'TEST_EMPTY is empty' "$(one ', "api_key_env": "TEST_EMPTY"' '')"
wrong 'endpoints[0].api_key' 'no such member' "$(one ', "api_key": "'$KEY'"' '')"
wrong 'routes[0].try[0]' 'the group of no endpoint' "$(one '' ', "routes": [{"model": "m", "try": ["b"]}]')"
expect 78 "$GLIMPSE" run --endpoints nowhere.json hello
says '--endpoints: nowhere.json: No such file'
one_line

one '' '' >good.json
for option in --base-url=http://127.0.0.1:1/v1 --api-key-file=key --azure-deployment=d --api-version=v \
    '--header=A: b' --sampler=local; do
    expect 64 "$GLIMPSE" run --endpoints good.json "$option" hello
    says "${option%%=*} is of one endpoint" 'write it into the file'
    one_line
done
for hedge in soon 0 25h -1; do
    expect 78 "$GLIMPSE" run --base-url "$URL" --hedge "$hedge" hello
    says --hedge
done
for budget in 1.5 -0.1 nan 5%; do
    expect 78 "$GLIMPSE" run --base-url "$URL" --hedge-budget "$budget" hello
    says --hedge-budget
done
# What the engine does not do yet is not taken in silence.
for hedge in p95 2s; do
    expect 78 "$GLIMPSE" run --base-url "$URL" --hedge $hedge hello
    says '--hedge: this version of the library does not hedge'
    one_line
done
expect 78 "$GLIMPSE" run --base-url "$URL" --hedge-budget 0.1 hello
says '--hedge-budget: this version of the library does not hedge'
one_line
expect 0 "$GLIMPSE" run --base-url "$URL" --hedge off --hedge-budget 0.05 hello
# Nor does the help promise it.
for command in run batch bench serve; do
    expect 0 "$GLIMPSE" help $command
    for option in '--hedge TIME' '--hedge-budget PART'; do
        grep -q -e "$option  *not in this version: refused" out ||
            fail "help $command promises $option"
    done
done
