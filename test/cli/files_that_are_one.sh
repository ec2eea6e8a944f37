# --summary - is standard output, unless the records go there; a log is no input, output or summary; a
# mock whose port file cannot be written never says that it listens.
start_mock
drafts 2 >in
export OPENAI_BASE_URL="$URL"
expect 0 "$GLIMPSE" batch in -o records --summary - -q
equal summary "$(jq -c '[.lines, .exit]' out)" '[2,0]'
expect 64 "$GLIMPSE" batch in -o - --summary -
one_line
says "standard output"
cp in before
ln in linked
for log in in linked taken summary; do
    expect 64 "$GLIMPSE" batch in -o taken --summary summary --log-file "$log" --log-level debug
    one_line
    says --log-file
done
cmp -s in before || fail "the input was written to"
[ ! -e taken ] || fail "the output was made"
expect 74 "$GLIMPSE" mock --port-file nowhere/port
equal stdout "$(cat out)" ""
says --port-file
