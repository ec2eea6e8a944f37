# `glimpse cache` looks into a store's file and cleans it, and makes none.
expect 74 "$GLIMPSE" cache stats --cache-store none.db
says --cache-store 'no such file'
expect 74 "$GLIMPSE" cache purge --cache-store none.db
[ ! -e none.db ] || fail "a file was made"
printf 'text, and more of it\n' >text
for what in stats purge; do
    expect 74 "$GLIMPSE" cache $what --cache-store text
    says 'not a store of Glimpse'
done
equal "what was there" "$(cat text)" 'text, and more of it'
expect 64 "$GLIMPSE" cache
expect 64 "$GLIMPSE" cache frobnicate --cache-store none.db
expect 64 "$GLIMPSE" cache stats
says --cache-store
expect 64 "$GLIMPSE" cache stats --expired --cache-store none.db
expect 64 "$GLIMPSE" cache purge all --expired --cache-store none.db
expect 64 "$GLIMPSE" cache purge --older-than 1h --expired --cache-store none.db
expect 64 "$GLIMPSE" cache purge some --cache-store none.db
expect 78 "$GLIMPSE" cache stats --cache-store redis://:secret@127.0.0.1/0
says --cache-store 'not supported'
! grep -q secret err || fail "the value is shown"
expect 78 env GLIMPSE_CACHE_STORE=redis://127.0.0.1 "$GLIMPSE" run text
says GLIMPSE_CACHE_STORE 'not supported'

start_mock
drafts 20 >in
expect 0 "$GLIMPSE" batch in -o out.jsonl --base-url "$URL" --cache-store a.db
expect 0 env GLIMPSE_CACHE_STORE=a.db "$GLIMPSE" cache stats --json
equal entries "$(jq .entries out)" 20
equal expired "$(jq .expired out)" 0
equal format "$(jq .format out)" 1
equal "file size" "$(jq .file_bytes out)" "$(wc -c <a.db)"
expect 0 "$GLIMPSE" cache stats --cache-store a.db
grep -q '^entries     20$' out || fail "no count of entries"
expect 0 "$GLIMPSE" cache purge --expired --cache-store a.db
equal "not expired" "$(cat out)" '0 removed'
expect 0 "$GLIMPSE" cache purge --older-than 1h --cache-store a.db
equal "not so old" "$(cat out)" '0 removed'
expect 0 "$GLIMPSE" cache purge all --cache-store a.db --json
equal purged "$(jq .removed out)" 20
expect 0 "$GLIMPSE" cache stats --cache-store a.db --json
equal "oldest of none" "$(jq -c '[.entries, .oldest_s]' out)" '[0,null]'
