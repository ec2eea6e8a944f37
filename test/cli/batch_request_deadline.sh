# --deadline ends a request that takes longer, over all its attempts.
start_mock --fault hang:100%
drafts 3 >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --deadline 200ms
equal codes "$(records records '[.[].error.code] | unique | join(",")')" deadline
equal sources "$(records records '[.[].glimpse.source] | unique | join(",")')" local
