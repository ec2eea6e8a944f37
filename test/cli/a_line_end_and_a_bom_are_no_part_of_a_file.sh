# One trailing line end of a key file is not part of the key, and the key reaches no output.
start_mock
printf 'sk-secret\r\n' >key
expect 0 "$GLIMPSE" run --base-url "$URL" --api-key-file key --log-level debug hello
! grep -q sk-secret out err || fail "the key is shown"
# Nor is a BOM before it; nor before a config file, profiles, prices, a body.
start_mock --seed 1
printf '\357\273\277sk-secret\n' >key
printf '\357\273\277base-url = %s\n' "$URL" >conf
printf '\357\273\277{"*":{"temperature":true}}\n' >profiles
printf '\357\273\277{"m":{"input":1,"output":1}}\n' >prices
printf '\357\273\277{"custom_id":"a","input_text":"hello"}\n' >in
expect 0 "$GLIMPSE" batch in -o out.jsonl --api-key-file key --config conf --profiles profiles \
    --prices prices
equal aligned "$(records out.jsonl '.[].glimpse.status')" aligned
printf '{"model":"m","messages":[]}' >plain
{ printf '\357\273\277' && cat plain; } >body
equal key "$("$GLIMPSE" key body)" "$("$GLIMPSE" key plain)"
