# Input and output, or summary, may not be one file, under whatever name.
drafts 2 >in
cp in copy
ln in link
expect 64 "$GLIMPSE" batch in -o in --sampler local --overwrite
says 'same file'
expect 64 "$GLIMPSE" batch in -o link --sampler local --overwrite
expect 64 "$GLIMPSE" batch in -o records --sampler local --summary link
cmp -s in copy || fail "the input was changed"
