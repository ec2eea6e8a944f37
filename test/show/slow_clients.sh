# Slow clients by slowhttptest (Debian), 1,000 connections of each of its four kinds: heads that never end
# (-H), bodies that never end (-B), ranges (-R), answers that nobody reads (-X). Beside each attack others
# ask 400 times, on connections of their own, once the attack stands; all of them are answered. About
# 90 s. COUNT: connections of an attack.
. "$(dirname "$script")/figures.sh"
command -v slowhttptest >/dev/null || { echo "no slowhttptest here (Debian: slowhttptest)" >&2; exit 69; }
connections=${COUNT:-1000}
ulimit -n 8192 2>/dev/null || ulimit -n "$(ulimit -Hn)"
# An answer of some 300 KB, so that one that is not read fills the kernel's buffers.
models=$(seq -s , -f 'a-model-with-a-long-name-%05g' 3000)
start_mock --models "$models" --journal 0
open_now() { curl -sS -m 60 "${URL%/v1}/__mock/stats" | jq .open_connections; }
stands() { [ "$(open_now)" -ge $((connections * 8 / 10)) ]; }

attack() { # NAME OPTIONS...
    name=$1
    shift
    slowhttptest -c "$connections" -r "$connections" -l 20 -p 20 -u "$URL/models" "$@" >"attack.$name" 2>&1 &
    attacker=$!
    pids="$pids $attacker"
    until stands || ! kill -0 "$attacker" 2>/dev/null; do sleep 0.1; done
    note "$name: connections of the attack" "$(open_now)"
    answered=0
    for _ in $(seq 100); do
        got=$(curl -sS -m 60 -o /dev/null -w '%{http_code}\n' -H 'content-type: application/json' \
            -d '{"model":"a-model-with-a-long-name-00001","messages":[{"role":"user","content":"hello"}]}' \
            "$URL/chat/completions" --next -sS -m 60 -o /dev/null -w '%{http_code}\n' "$URL/models" \
            --next -sS -m 60 -o /dev/null -w '%{http_code}\n' "$URL/models" \
            --next -sS -m 60 -o /dev/null -w '%{http_code}\n' "${URL%/v1}/health" | grep -c '^200$') || :
        answered=$((answered + got))
    done
    figure "$name: of 400 requests of others, answered" "$answered" == 400
    wait "$attacker" || :
    note "$name: how the attack ended" \
        "$(sed 's/\x1b\[[0-9;]*m//g' "attack.$name" | sed -n 's/.*Exit status: *//p' | tail -1)"
    until [ "$(open_now)" -le 1 ]; do sleep 0.2; done # nothing of it is left
}

attack heads -H -i 5
attack bodies -B -i 5 -s 100000 -t POST
attack ranges -R -t HEAD -a 5 -b 500
attack reads -X -w 10 -y 20 -n 5 -z 32 -k 3
verdict
