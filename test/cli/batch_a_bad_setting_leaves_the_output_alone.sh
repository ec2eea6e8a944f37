# What is refused is refused before the output is touched.
drafts 2 >in
echo precious >records
expect 78 "$GLIMPSE" batch in -o records --overwrite --sampler openai
expect 74 "$GLIMPSE" batch nothing-there -o records --overwrite --sampler local
echo nonsense >>in
expect 65 "$GLIMPSE" batch in -o records --overwrite --strict --sampler local
equal content "$(cat records)" precious
# An output that was not there is not left behind, so that the command can be put right.
drafts 2 >in
expect 74 "$GLIMPSE" batch in -o new --summary nowhere/summary --sampler local
[ ! -e new ] || fail "a refused job left an output"
expect 64 "$GLIMPSE" batch in -o new --summary in --sampler local
[ ! -e new ] || fail "a refused job left an output"
expect 0 "$GLIMPSE" batch in -o new --summary summary --sampler local
