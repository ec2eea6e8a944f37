# --ordered keeps the input's order, though answers come in another; bad lines have their place.
start_mock --latency normal:20ms:15ms --fault 500:10%
{ drafts 150 a; echo bad; drafts 150 b; } >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --ordered --concurrency 16 \
    --base-delay 5ms --log-level error
equal records "$(wc -l <records)" 301
records records '[.[].glimpse.line] | . == (. | sort)' >sorted
equal "in order" "$(cat sorted)" true
expect 1 "$GLIMPSE" batch in -o unordered --base-url "$URL" --concurrency 16 --base-delay 5ms \
    --log-level error
equal records "$(records unordered '[.[].glimpse.line] | sort | . == [range(1; 302)]')" true
