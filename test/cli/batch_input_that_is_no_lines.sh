# A file that is no JSON lines is called what it is, once; nothing is sent and nothing made (I03).
start_mock
refuse() { # words said..., the file on standard input
    cat >in
    expect 65 "$GLIMPSE" batch in -o records --base-url "$URL" --summary summary
    one_line
    says "in: it" "$@"
    [ ! -e records ] && [ ! -e summary ] || fail "something was made"
}
printf '[{"input_text":"a"},\n{"input_text":"b"}]\n' | refuse "JSON array" "jq -c '.[]'"
drafts 3 | gzip | refuse "compressed"
printf '\377\376{\0"\0a\0' | refuse "UTF-16"
drafts 2 | jq . >pretty
expect 65 "$GLIMPSE" batch pretty -o records --base-url "$URL" --strict
says "several lines" "jq -c ."
expect 65 "$GLIMPSE" batch pretty -o records --base-url "$URL" --mode api
equal "requests" "$(mock_stats .requests)" 0
# What that advice makes of it is fine, and a bad first line is still a line's matter.
jq -c . pretty >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL" -q
{ echo '{"input_text":"torn'; cat in; } >in2
expect 1 "$GLIMPSE" batch in2 -o records2 --base-url "$URL" -q
equal records "$(wc -l <records2)" 3
