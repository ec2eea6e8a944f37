# CR, LF and other control bytes in what goes into a header are 78, name the option and not the value;
# a NUL cannot be passed, but stand in a file.
start_mock
drafts 2 >in
canary=$OPENAI_API_KEY
refused() { # what it is called; the rest: how it is given
    name=$1
    shift
    expect 78 env "$@" "$GLIMPSE" batch in -o records --base-url "$URL"
    says "$name"
    one_line
    [ ! -e records ] || fail "an output was made"
}
evil=$(printf '%s\r\nX-Smuggled: 1' "$canary")
refused OPENAI_API_KEY OPENAI_API_KEY="$evil"
refused OPENAI_ORG_ID OPENAI_ORG_ID="$(printf 'org\rX: 1')"
refused OPENAI_PROJECT_ID OPENAI_PROJECT_ID="$(printf 'p\nX: 1')"
OPENAI_BASE_URL=$(printf 'http://127.0.0.1/v1\r\nX: 1') \
    expect 78 "$GLIMPSE" batch in -o records
says OPENAI_BASE_URL
URL=$URL expect 78 "$GLIMPSE" batch in -o records --base-url "$URL" \
    --header "$(printf 'X-Mine: a\r\nX-Smuggled: 1')"
says --header
printf '%s\000more\n' "$canary" >"$TMPDIR/../nul.$$"
code=0
"$GLIMPSE" batch in -o records --base-url "$URL" --api-key-file "$TMPDIR/../nul.$$" >out 2>err || code=$?
rm -f "$TMPDIR/../nul.$$"
equal "exit for a NUL in the key's file" $code 78
says --api-key-file
equal "requests at the server" "$(mock_stats .requests)" 0
