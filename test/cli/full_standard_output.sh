# Every command that prints finds out that what it printed went nowhere: 74, said.
start_mock
export OPENAI_BASE_URL="$URL"
echo '{"model":"m","messages":[]}' >body
drafts 3 >in
expect 0 "$GLIMPSE" batch in -o records -q --cache-store store
quick='--latency 0 --requests 4 --calibrate-first off --validity off -q'
unset OPENAI_BASE_URL
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench $quick --json run.json
full() {
    code=0
    "$GLIMPSE" "$@" >/dev/full 2>err || code=$?
    equal "exit of $*" "$code" 74
    grep -qE 'standard output: (cannot write: )?(No space left on device|write error)' err || fail "not said: $*"
}
[ -c /dev/full ] || exit 0
full key body
full key --canonical body
full version
full help
full help batch
full batch --help
full profile show
full profile show --json
full profile show gpt-4o-mini
full cache stats --cache-store store
full cache stats --cache-store store --json
full run --sampler local hello
full batch in -o - -q --sampler local
# shellcheck disable=SC2086
{
    full bench $quick
    full bench $quick --json -
    full bench $quick --html -
}
full bench --compare run.json run.json
