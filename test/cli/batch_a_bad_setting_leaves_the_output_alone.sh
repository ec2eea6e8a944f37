# What is refused is refused before the output is touched.
drafts 2 >in
echo precious >records
expect 78 "$GLIMPSE" batch in -o records --overwrite --sampler openai
expect 74 "$GLIMPSE" batch nothing-there -o records --overwrite --sampler local
echo nonsense >>in
expect 65 "$GLIMPSE" batch in -o records --overwrite --strict --sampler local
equal content "$(cat records)" precious
