# Memory does not grow with the input, but for the ids: 16 bytes a line in a table that doubles.
export ASAN_OPTIONS="quarantine_size_mb=1:${ASAN_OPTIONS:-}"
drafts 2000 >few
drafts 100000 >many
expect 0 "$GLIMPSE" batch few -o /dev/null --sampler local --summary few.summary
expect 0 "$GLIMPSE" batch many -o /dev/null --sampler local --summary many.summary
grown=$(($(jq .max_rss_bytes many.summary) - $(jq .max_rss_bytes few.summary)))
# 131,072 slots of 16 bytes and half of that while it grows are 3 MiB; as much again for noise.
[ "$grown" -lt $((6 * 1024 * 1024)) ] || fail "98,000 lines more took $grown bytes more"
