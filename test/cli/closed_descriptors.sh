# A standard descriptor that is closed is an error of its own, not somebody else's file.
drafts 3 >in
code=0
"$GLIMPSE" batch in -o - --sampler local >&- 2>err || code=$?
equal "exit without stdout" $code 74
says 'standard output'
code=0
"$GLIMPSE" batch - -o records --sampler local <&- 2>err || code=$?
equal "exit without stdin" $code 74
rm -f records
code=0
"$GLIMPSE" batch in -o records --sampler local 2>&- || code=$?
equal "exit without stderr" $code 0
equal "valid records" "$(records records length)" 3
expect 0 "$GLIMPSE" batch /dev/null -o - --sampler local --quiet
equal "output of an empty input" "$(cat out err)" ""
