# Two callers with the same body, plain and streamed: in flight, from memory, from the store, after a reload, after a
# restart. The mock sees two requests; one, where the callers are of one share group.
. "$(dirname "$script")/figures.sh"
. "$(dirname "$script")/crowd.sh"
a=$(new_key a)
b=$(new_key b)
c=$(new_key c '{"share":"team"}')
d=$(new_key d '{"share":"team"}')
keys_file
start_mock --token-rate 0 --journal 1000 --require-key $SECRET
serve() { start_serve --keys keys.json --cache-store answers.db --drain 0 --log-level info "$@"; }
restart() {
    kill -s TERM "$SERVE"
    end_serve "$SERVE"
    serve "$@"
}

# body TEXT FORM; ask KEY TEXT FORM [NAME]: NAME.head and NAME.answer; a whole answer with that text, or it fails.
body() {
    printf '{"model":"m","messages":[{"role":"user","content":"%s"}]%s}' "$1" \
        "$([ "$2" = plain ] || echo ',"stream":true')"
}
ask() {
    name=${4:-one}
    body "$2" "$3" | curl -sS -m 60 -D "$name.head" -o "$name.answer" -H "Authorization: Bearer $1" --data-binary @- \
        "http://127.0.0.1:$PORT/v1/chat/completions"
    if [ "$3" = plain ]; then
        equal "answer to $2" "$(jq -r '.choices[0].message.content' "$name.answer")" "$2"
    else
        equal "end of $2" "$(grep '^data: ' "$name.answer" | tail -1)" 'data: [DONE]'
        equal "answer to $2" "$(sed -n 's/^data: \({.*\)$/\1/p' "$name.answer" |
            jq -j '.choices[0].delta.content // ""')" "$2"
    fi
}
asked() { # TEXT: how often the mock was
    curl -sS -m 60 "${URL%/v1}/__mock/journal?limit=1000" | jq --arg text "\"$1\"" \
        '[.data[] | select(.body | contains($text))] | length'
}
reloaded() { [ "$(grep -c keys_loaded serve.err)" -gt "$loads" ]; }

# both PHASE FIRST SECOND TEXT FORM: the second asks when the first has its answer, or at once.
both() {
    if [ "$1" = flight ]; then
        set_mock '{"latency":"300ms"}'
        ask "$2" "$4" "$5" first &
        other=$!
        ask "$3" "$4" "$5"
        wait $other || fail "the first of two in flight"
        set_mock '{"latency":"0"}'
        return
    fi
    ask "$2" "$4" "$5"
    case $1 in
    store) ask "$2" "between $4" "$5" ;; # memory has room for one answer
    reload)
        loads=$(grep -c keys_loaded serve.err) || :
        kill -s HUP "$SERVE"
        until_true reloaded
        ;;
    restart) restart ;;
    esac
    ask "$3" "$4" "$5"
}

serve
for form in plain streamed; do
    for phase in flight memory store reload restart; do
        [ $phase != store ] || restart --cache-size 1
        both $phase "$a" "$b" "apart $phase $form" $form
        figure "$phase, $form: two callers" "$(asked "apart $phase $form")" == 2
        both $phase "$c" "$d" "together $phase $form" $form
        figure "$phase, $form: one share group" "$(asked "together $phase $form")" == 1
        both $phase "$a" "$c" "across $phase $form" $form
        figure "$phase, $form: one in a group, one not" "$(asked "across $phase $form")" == 2
        both $phase "$a" "$a" "itself $phase $form" $form
        figure "$phase, $form: one caller twice" "$(asked "itself $phase $form")" == 1
        [ $phase != store ] || restart
    done
done
verdict
