# --resume leaves alone what it cannot go on with.
drafts 3 >in
set -- --sampler local
expect 64 "$GLIMPSE" batch in -o - --resume "$@"
says --resume
expect 64 "$GLIMPSE" batch in -o /dev/null --resume "$@"
mkfifo pipe
expect 64 "$GLIMPSE" batch in -o pipe --resume "$@"
expect 64 "$GLIMPSE" batch in -o out.jsonl --resume --overwrite "$@"
says --overwrite
expect 64 "$GLIMPSE" batch in -o out.jsonl --retry-failed "$@"
says --retry-failed
[ ! -e out.jsonl ] || fail "an output was made"

# Another's file: prose, source code, OpenAI's own output, a broken record in the middle.
printf 'Dear diary,\n' >diary
printf 'no line end' >cut
printf '{"id":"b","custom_id":"d1","response":{"status_code":200,"body":{}},"error":null}\n' >openai
expect 0 "$GLIMPSE" batch in -o whole "$@"
awk 'NR == 2 { print substr($0, 1, 50); next } { print }' whole >middle
printf '{"name":"somebody else","data":[1,2,3]}' >minified
{ cat whole && cat minified; } >mixed
tr '\n' '\r' <whole >returns
printf 'SQLite format 3\0\20\0\1\1' >database
for file in diary cut openai database minified mixed returns middle; do
    cp "$file" "$file.copy"
    expect 73 "$GLIMPSE" batch in -o "$file" --resume "$@"
    says "$file:" "not a record of glimpse"
    cmp "$file" "$file.copy" || fail "$file was touched"
done
says middle:2:
equal "nothing is left" "$(find . -name '*.resuming')" ""

# What a power cut leaves: blocks of zeros, also before whole records.
{ head -n 1 whole && head -c 512 /dev/zero && echo && tail -n 1 whole; } >zeros
expect 0 "$GLIMPSE" batch in -o zeros --resume "$@"
says '2 records stand' '1 torn'
equal ids "$(records zeros '[.[].custom_id] | sort | join(" ")')" "d1 d2 d3"
# A last record that lacks only its line end is whole.
head -c -1 whole >endless
expect 0 "$GLIMPSE" batch in -o endless --resume "$@"
says '3 records stand' '0 torn'
# Through a link: the file it names is replaced, the link stays.
ln -s whole link
expect 0 "$GLIMPSE" batch in -o link --resume "$@"
[ -L link ] || fail "the link is gone"

# Answers that were paid for are not thrown away because the input is not the one that was meant.
drafts 5 other | sed 's/text/words/' >in2
cp whole copy
expect 73 "$GLIMPSE" batch in2 -o whole --resume "$@"
says whole: --overwrite
expect 73 "$GLIMPSE" batch in -o whole --resume --model another "$@"
: >empty
expect 73 "$GLIMPSE" batch empty -o whole --resume "$@"
cmp whole copy || fail "the output was touched"
