# An address that others reach is refused (78), one that is in use or not ours too (71), each named; an
# option that there is not is unknown (64).
start_mock
export OPENAI_BASE_URL="$URL"

expect 78 "$GLIMPSE" serve --listen 0.0.0.0:0
says 'other machines reach http://0.0.0.0:' 'key'
one_line
expect 78 "$GLIMPSE" serve --listen '[::]:0'
says 'other machines reach'

expect 71 "$GLIMPSE" serve --listen "127.0.0.1:$(cat port)"
says "127.0.0.1:$(cat port)" 'Address already in use'
one_line
expect 71 "$GLIMPSE" serve --listen 192.0.2.1:8080
says '192.0.2.1:8080'
expect 71 "$GLIMPSE" serve --listen fd:93
says 'descriptor 93 is no socket that listens'
expect 71 "$GLIMPSE" serve --listen unix:/nowhere/at/all
says '/nowhere/at/all' 'No such file'

# A path is a slip of the hand away from a file: only a socket that nobody listens on makes room.
echo precious >kept
expect 71 "$GLIMPSE" serve --listen unix:kept
says 'kept' 'Address already in use'
[ "$(cat kept)" = precious ] || fail "the file at the path of a socket is gone"

for bad in somewhere 127.0.0.1:99999 unix: fd:x; do
    expect 78 "$GLIMPSE" serve --listen "$bad"
    says '--listen'
    one_line
done
for bad in '--max-body 0' '--max-connections 0' '--queue -1' '--queue-timeout x' '--on-disconnect stay' \
    '--cache-salt pepper' '--cache-salt cache_salt,'; do
    # shellcheck disable=SC2086
    expect 78 "$GLIMPSE" serve $bad
    one_line
done
# Another value makes other bodies, and an operator who sets it must know.
expect 0 "$GLIMPSE" help serve
tr -s '\n ' ' ' <out | grep -q 'A change makes stored answers miss' ||
    fail 'help serve does not tell what --cache-salt does to stored answers'
for bad in https://a/b https:// a.example 'https://a b'; do
    expect 78 "$GLIMPSE" serve --cors "$bad"
    says '--cors' 'no origin'
    one_line
done
expect 78 "$GLIMPSE" serve --listen 127.0.0.1:0 --cors https://a.example --cors '*'
says '--cors' '--keys'
one_line
for unknown in --model --sampler --ordered; do
    expect 64 "$GLIMPSE" serve $unknown x
done
unset OPENAI_BASE_URL
expect 78 "$GLIMPSE" serve --listen 127.0.0.1:0
says 'OPENAI_API_KEY'
