# --alert-command: run when an alert fires and when it is over, told in its environment and as JSON; no key reaches it,
# it holds up nothing, leaves no zombie, and its failure is said once.
export OPENAI_API_KEY=sk-secret-of-alerts COPIED="Bearer sk-secret-of-alerts" KEPT=kept GLIMPSE_ALERT_STALE=1
quick="--max-attempts 1 --fallback off --adaptive off --breaker off --concurrency 10 --alert-window 2s --alert-hold 200ms -q"

# begin COMMAND: a job that fails half of its lines, until `end`.
begin() {
    rm -f lines records err job.out
    start_mock --fault 500:50% --seed 3
    mkfifo lines
    # shellcheck disable=SC2086
    "$GLIMPSE" batch lines -o records --base-url "$URL" $quick --summary summary --alert-command "$1" >job.out 2>err &
    JOB=$!
    pids="$pids $JOB"
    exec 9>lines
    fed=0
}
# fails_until COMMAND...: more and more lines, until it is true.
fails_until() {
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1)) fed=$((fed + 1))
        [ "$tries" -lt 1600 ] || fail "never: $*"
        drafts 20 "$fed-" | sed "s/text number/& $fed/" >&9 # no two alike
        sleep 0.05
    done
}
end() {
    exec 9>&-
    code=0
    wait "$JOB" || code=$?
    equal "the job" "$code" 1
    kill "$MOCK"
}
told() { [ "$(jq -s "[.[] | select(.state == \"$1\")] | length" alerts.jsonl)" -ge 1 ]; }
no_child() { [ "$(grep -l "^PPid:[[:space:]]*$JOB\$" /proc/[0-9]*/status 2>/dev/null | wc -l)" = 0 ]; }

# shellcheck disable=SC2016
begin 'cat >>alerts.jsonl; env >env.$GLIMPSE_ALERT_STATE; ls /proc/self/fd >fds; ps -o pgid= -p $$ >group; echo $$ >>group; echo said'
fails_until told firing
until_true told over # when nothing comes any more, the window is empty after two seconds
until_true no_child # it has ended, and was waited for
end
equal "the alert" "$(jq -s -c '.[0] | [.alert, .state, .severity, .unit, .limit, (.value > 0.05), (.samples >= 20), .window_ms]' alerts.jsonl)" \
    '["error_rate","firing","critical","ratio",0.05,true,true,2000]'
jq -s -r '.[0].message' alerts.jsonl >message
grep -qF "ALERT (critical): $(cat message)" err || fail "not what the user is told"
grep -q "^GLIMPSE_ALERT_MESSAGE=$(cat message)\$" env.firing || fail "the message is not in the environment"
equal "its environment" "$(grep -c -e '^GLIMPSE_ALERT_NAME=error_rate$' -e '^GLIMPSE_ALERT_STATE=firing$' -e '^GLIMPSE_ALERT_SEVERITY=critical$' \
    -e '^GLIMPSE_ALERT_VALUE=0.[0-9]*$' -e '^GLIMPSE_ALERT_LIMIT=0.05$' -e '^GLIMPSE_ALERT_UNIT=ratio$' -e '^KEPT=kept$' env.firing)" 7
grep -qE 'sk-secret|STALE' env.firing && fail "what is not its business: $(grep -E 'sk-secret|STALE' env.firing)"
equal "descriptors" "$(grep -c '[4-9]' fds)" 0 # 0, 1, 2, and that of ls
equal "a group of its own" "$(sort -u group | tr -d ' ' | sort -u | wc -l)" 1
equal "its output is standard error" "$(wc -c <job.out) $(grep -c '^said$' err)" "0 2"
equal "as JSON" "$(jq -c '[.alerts[] | .name, .severity]' summary)" '["error_rate","critical"]'

# One that fails does so twice, and is said to once.
rm -f alerts.jsonl
begin 'cat >>alerts.jsonl; exit 3'
fails_until told firing
until_true told over
end
equal "said once" "$(grep -c -e '--alert-command: it ended with exit code 3' err)" 1

# One that hangs holds up nothing: the job goes on and ends, and says what it could not tell.
rm -f alerts.jsonl
mkfifo never
begin 'cat >>alerts.jsonl; read -r word <never; echo "$word" >after'
fails_until told firing
until_true grep -q 'alert over' err
equal "one at a time" "$(jq -s length alerts.jsonl)" 1
end
says '--alert-command: it still runs for an alert before; not told: error_rate is '
echo word >never
until_true test -s after

# Standard output may be a report.
# shellcheck disable=SC2086
expect 0 "$GLIMPSE" bench --latency 20ms --calibrate-first off --validity off --alert-window 2s --alert-hold 200ms --requests 200 \
    --concurrent-users 4 --thresholds 1,5,60000,70000 --json - -q --alert-command 'echo noise; cat >bench.json'
until_true test -s bench.json
equal "a report alone" "$(jq -r '.alerts[0].name + " " + .alerts[0].severity' out)" "latency_p50 warning"
equal "of a load test" "$(jq -c '[.alert, .severity, .unit, .limit, (.value >= 19), (.late > 0.9)]' bench.json)" \
    '["latency_p50","warning","ms",5,true,true]'

expect 64 "$GLIMPSE" batch in -o none --base-url "$URL" --alerts off --alert-command true
says '--alert-command is run for alerts, and they are off'
expect 78 "$GLIMPSE" batch in -o none --base-url "$URL" --alert-command ''
says '--alert-command'
