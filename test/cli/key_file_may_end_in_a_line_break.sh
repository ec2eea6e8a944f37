# One trailing line end of a key file is not part of the key, and the key reaches no output.
start_mock
printf 'sk-secret\r\n' >key
expect 0 "$GLIMPSE" run --base-url "$URL" --api-key-file key --log-level debug hello
! grep -q sk-secret out err || fail "the key is shown"
