# Input and output, summary or log may not be one file, under whatever name.
drafts 2 >in
cp in copy
ln in link
expect 64 "$GLIMPSE" batch in -o in --sampler local --overwrite
says 'same file'
expect 64 "$GLIMPSE" batch in -o link --sampler local --overwrite
expect 64 "$GLIMPSE" batch in -o records --sampler local --summary link
expect 64 "$GLIMPSE" batch in -o records --sampler local --log-file link
says '--log-file: link: is the input, the output or the summary'
# Neither file is there yet.
expect 64 "$GLIMPSE" batch in -o new --sampler local --log-file ./new
says '--log-file: ./new: is the input, the output or the summary'
expect 64 "$GLIMPSE" batch in -o records --sampler local --summary "$PWD/new" --log-file new
[ ! -e new ] || fail "a refused job made its output"
cmp -s in copy || fail "the input was changed"
