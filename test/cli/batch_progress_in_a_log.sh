# Away from a terminal the summary stands at the end; --quiet says nothing.
start_mock
drafts 50 >in
expect 0 "$GLIMPSE" batch in -o records --base-url "$URL"
says '50 done' latency 'hit rate' aligned tokens
! grep -q "$(printf '\033')" err || fail "escape codes away from a terminal"
expect 0 "$GLIMPSE" batch in -o - --base-url "$URL" --quiet
equal stderr "$(cat err)" ""
equal records "$(wc -l <out)" 50
