# A write that fails is exit 74 with the reason, at once, and is never called a success.
[ -c /dev/full ] || exit 0
drafts 5000 >in
expect 74 "$GLIMPSE" batch in -o /dev/full --sampler local --summary summary
says /dev/full 'No space left'
equal exit "$(jq .exit summary)" 74
[ "$(jq .unsent summary)" -gt 4000 ] || fail "it went on"
expect 74 sh -c '"$1" run --sampler local hello >/dev/full' sh "$GLIMPSE"
expect 74 sh -c '"$1" version >/dev/full' sh "$GLIMPSE"
