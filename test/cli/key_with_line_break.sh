# A key with a line break in it is refused, by the name of where it came from, and never shown.
OPENAI_API_KEY=$(printf 'sk-first\nsk-second') expect 78 "$GLIMPSE" run hello
says OPENAI_API_KEY "line break"
one_line
! grep -q sk- err || fail "the key is shown"
printf 'sk-first\nsk-second\n' >key
expect 78 "$GLIMPSE" run --api-key-file key hello
says --api-key-file "line break"
! grep -q sk- err || fail "the key is shown"
expect 78 "$GLIMPSE" run --api-key-file nothing-there hello
says --api-key-file
