# Text of strangers cannot drive the terminal it is printed on, nor turn its lines: what would is shown as
# an escape. A pipe gets it as it is.
command -v script >/dev/null || exit 0
text=$(printf 'red \033[31m bell \007 c1 \302\233 turn \342\200\256 end')
expect 0 "$GLIMPSE" run --sampler local "$text"
grep -q "$(printf '\033')" out || fail "the sampler itself leaves them out: nothing to show"
TEXT=$text
export TEXT
on_terminal() {
    script -qec "$1" typescript >/dev/null 2>&1 </dev/null || :
    grep -q end typescript || fail "no answer on the terminal: $1"
    for bytes in '\033\[31m' '\007' '\302\233' '\342\200\256'; do
        ! grep -q "$(printf "$bytes")" typescript || fail "$bytes reached the terminal: $1"
    done
    grep -qF '\u202e' typescript || fail "the mark is not shown: $1"
}
on_terminal '"$GLIMPSE" run --sampler local "$TEXT"'
on_terminal '"$GLIMPSE" run --json --sampler local "$TEXT"'
on_terminal '"$GLIMPSE" profile show "$TEXT"'
on_terminal '"$GLIMPSE" profile show --json "$TEXT"'
printf '{"custom_id":"a\302\233 \342\200\256 \177 end","input_text":"x"}\n' >in
on_terminal '"$GLIMPSE" batch in -q -o - --sampler local'
expect 0 "$GLIMPSE" batch in -q -o - --sampler local
grep -q "$(printf '\342\200\256')" out || fail "the file is not as it was"
printf '{"model":"m","messages":["\302\233 \342\200\256 end"]}' >body
on_terminal '"$GLIMPSE" key --canonical body'
