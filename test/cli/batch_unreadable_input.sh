# An input that cannot be read is exit 74, named, and makes no output.
expect 74 "$GLIMPSE" batch nothing-there -o records --sampler local
says nothing-there
one_line
mkdir dir
expect 74 "$GLIMPSE" batch dir -o records --sampler local
says dir
[ ! -e records ] || fail "an output was made"
drafts 1 >in
expect 74 "$GLIMPSE" batch in -o no/such/directory --sampler local
says no/such/directory
