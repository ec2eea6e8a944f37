# A report that takes another's place has its mode: who could not read that is not to read this. A planted
# link of the temporary file's name is not followed.
report() {
    expect 0 "$GLIMPSE" bench --latency 0 --requests 4 --calibrate-first off --validity off -q "$@"
}
: >private.json
: >shared.html
chmod 600 private.json
chmod 664 shared.html
umask 022
report --json private.json --html shared.html
equal json "$(stat -c %a private.json)" 600
equal html "$(stat -c %a shared.html)" 664
jq -e .totals private.json >out || fail "no report"
report --json new.json
equal "a new one" "$(stat -c %a new.json)" 644
ln -s private.json link
report --json link
[ -L link ] || fail "the link is gone"
equal "behind a link" "$(stat -c %a private.json)" 600
