# A store that cannot be used is said in a line; the run goes on without it and leaves it alone.
start_mock
drafts 5 >in
printf 'these are notes\n' >notes
mkdir folder
for store in notes folder no/such/folder/db; do
    expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL" --cache-store $store
    says 'warning: --cache-store' 'going on without it'
    one_line
    equal records "$(wc -l <out.jsonl)" 5
done
equal notes "$(cat notes)" 'these are notes'
expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL" --cache-store new.db
printf '\002' | dd of=new.db bs=1 seek=63 conv=notrunc 2>dd.err # user_version, of 4 bytes at 60
cp new.db kept.db
expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL" --cache-store new.db
says 'has format 2, of a newer version of Glimpse' 'going on without it'
cmp -s new.db kept.db || fail "the newer file was changed"
