# glimpse version and glimpse --version say what is running.
expect 0 "$GLIMPSE" version
cp out first
for name in glimpse libcurl libevent json-c HTTP/2; do
    grep -q "$name" out || fail "no $name"
done
expect 0 "$GLIMPSE" --version
cmp -s out first || fail "--version differs"
