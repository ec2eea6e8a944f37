# An answer cannot drive the terminal it is printed on; a pipe gets it as it is.
command -v script >/dev/null || exit 0
text=$(printf 'red \033[31m bell \007 c1 \302\233 end')
expect 0 "$GLIMPSE" run --sampler local "$text"
grep -q "$(printf '\033')" out || exit 0 # the sampler itself leaves them out: nothing to strip
TEXT=$text script -qec '"$GLIMPSE" run --sampler local "$TEXT"' typescript >/dev/null 2>&1 </dev/null
grep -q end typescript || fail "no answer on the terminal"
! grep -q "$(printf '\033\\[31m')" typescript || fail "an escape code reached the terminal"
! grep -q "$(printf '\007')" typescript || fail "a bell reached the terminal"
