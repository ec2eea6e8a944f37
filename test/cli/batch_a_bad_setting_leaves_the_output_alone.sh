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

# So is what is found out only when the job has begun: a model without a price. Nothing is left behind,
# nothing that was there is touched.
rm new
ln -s target link
for files in '-o new' '-o records --overwrite' '-o link'; do
    # shellcheck disable=SC2086 # words
    expect 78 "$GLIMPSE" batch in $files --base-url http://127.0.0.1:9 --model unheard-of --max-cost 1
    says 'the price of its model is not known'
    [ ! -e new ] && [ ! -e target ] && [ -L link ] || fail "a job that came to nothing left an output"
    equal content "$(cat records)" precious
done
expect 64 "$GLIMPSE" batch in -o records --overwrite --summary in --sampler local
equal content "$(cat records)" precious
# Where nobody is reached, what is there is records.
expect 69 "$GLIMPSE" batch in -o new --base-url http://127.0.0.1:9 --base-delay 1ms --max-attempts 2
[ ! -e new ] || [ -s new ] || fail "an empty output is left"

# A job that is done writes over what was there, also when it has no lines.
expect 0 "$GLIMPSE" batch in -o records --overwrite --sampler local
equal records "$(wc -l <records)" 2
expect 0 "$GLIMPSE" batch /dev/null -o records --overwrite --sampler local
[ -e records ] && [ ! -s records ] || fail "the output is not empty"
