# A regular output is not written over unless --overwrite says so; devices are just written to.
drafts 2 >in
echo precious >records
expect 73 "$GLIMPSE" batch in -o records --sampler local
says records --overwrite
equal content "$(cat records)" precious
expect 0 "$GLIMPSE" batch in -o records --sampler local --overwrite
equal records "$(wc -l <records)" 2
expect 0 "$GLIMPSE" batch in -o /dev/null --sampler local
# One without a record is no obstacle, and a link makes its target.
: >empty
expect 0 "$GLIMPSE" batch in -o empty --sampler local
equal records "$(wc -l <empty)" 2
mkdir folder
ln -s folder/target link
expect 0 "$GLIMPSE" batch in -o link --sampler local
[ -L link ] || fail "the link was replaced"
equal records "$(wc -l <folder/target)" 2
expect 73 "$GLIMPSE" batch in -o link --sampler local
