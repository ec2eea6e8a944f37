# A filled store that may only be read (another user's, a read-only mount) answers, and that it is not
# written is said once. Root may write everything: then the run is another user's.
start_mock
drafts 3 >in
expect 0 "$GLIMPSE" batch in -o first -q --base-url "$URL" --cache-store store
equal sent "$(mock_stats .requests)" 3
drafts 4 >more
cp "$GLIMPSE" here
chmod 444 store
chmod 755 "$TMPDIR" here
chmod 644 more
other() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid 65534 --regid 65534 --clear-groups ./here "$@"
    else
        ./here "$@"
    fi
}
expect 0 other cache stats --cache-store store
prints 'entries     3'
expect 74 other cache purge --cache-store store
says 'may not be written'
expect 0 other batch more -o - -q --base-url "$URL" --cache-store store
says '--cache-store: the file may only be read: its answers are used, new ones are not kept'
one_line
equal sources "$(records out '[.[].glimpse.source] | sort | join(",")')" cache,cache,cache,live
equal sent "$(mock_stats .requests)" 4
expect 1 other batch more -o - -q --base-url "$URL" --cache-store store --cache only --cache-size 0
equal sources "$(records out '[.[] | select(.error == null) | .glimpse.source] | join(",")')" \
    cache,cache,cache
equal sent "$(mock_stats .requests)" 4
[ ! -e store-wal ] || fail "a log was made"
