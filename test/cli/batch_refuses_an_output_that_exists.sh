# A regular output is not written over unless --overwrite says so; devices are just written to.
drafts 2 >in
echo precious >records
expect 73 "$GLIMPSE" batch in -o records --sampler local
says records --overwrite
equal content "$(cat records)" precious
expect 0 "$GLIMPSE" batch in -o records --sampler local --overwrite
equal records "$(wc -l <records)" 2
expect 0 "$GLIMPSE" batch in -o /dev/null --sampler local
