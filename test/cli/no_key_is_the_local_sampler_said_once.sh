# No key and no base URL is no error: the local sampler answers, which is said once.
expect 0 "$GLIMPSE" run 'The quick brown fox'
one_line
says "local sampler"
[ -s out ] || fail "no answer"
drafts 5 >in
expect 0 "$GLIMPSE" batch in -o records
equal mentions "$(grep -c 'local sampler' err)" 1
equal sources "$(records records '[.[].glimpse.source] | unique | join(",")')" local
expect 0 "$GLIMPSE" run --sampler local 'The quick brown fox'
equal stderr "$(cat err)" ""
