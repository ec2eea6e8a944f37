# A store that was named and cannot be used is 74 before anything is sent; with --cache-store-optional a
# warning, and the run goes on without it. Either way it is left alone.
start_mock
drafts 5 >in
printf 'these are notes\n' >notes
mkdir folder
: >before
for store in notes folder no/such/folder/db; do
    expect 74 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --cache-store $store
    says '--cache-store: the file' 'nothing was sent' --cache-store-optional
    one_line
    expect 74 "$GLIMPSE" run hello --base-url "$URL" --cache-store $store
    expect 74 "$GLIMPSE" bench --base-url "$URL" --cache-store $store -q
done
[ ! -e out.jsonl ] || fail "an output was made"
equal "nothing is sent" "$(mock_stats .requests)" 0
for store in notes folder no/such/folder/db; do
    expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL" --cache-store $store \
        --cache-store-optional
    says 'warning: --cache-store' 'going on without it'
    one_line
    equal records "$(wc -l <out.jsonl)" 5
done
equal notes "$(cat notes)" 'these are notes'
expect 0 "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL" --cache-store new.db
printf '\002' | dd of=new.db bs=1 seek=63 conv=notrunc 2>dd.err # user_version, of 4 bytes at 60
cp new.db kept.db
expect 74 env GLIMPSE_CACHE_STORE=new.db "$GLIMPSE" batch in -o out.jsonl --overwrite -q --base-url "$URL"
says 'GLIMPSE_CACHE_STORE: the file has format 2, of a newer version of Glimpse'
cmp -s new.db kept.db || fail "the newer file was changed"
