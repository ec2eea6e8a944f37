# A fifth of the requests fail: one alert, in the log, on standard error, in the summary; none when
# nothing fails, when alerts are off, or when the window would be shorter than the hold.
quick="--max-attempts 1 --fallback off --concurrency 10 --alert-window 10s --alert-hold 500ms"
start_mock --fault 500:20% --latency 60ms --seed 3 # six seconds a job: the alert needs half a second of them
drafts 1000 >in
# shellcheck disable=SC2086
{
    expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" $quick --summary summary --quiet \
        --log-file log --log-format json
    equal "said once" "$(grep -c 'ALERT (critical): error_rate is ' err)" 1
    says 'the limit is 5.0 %'
    equal "logged once" "$(records log '[.[] | select(.event == "alert" and .alert == "error_rate")] | length')" 1
    equal "as a warning" "$(records log '.[] | select(.event == "alert") | "\(.level) \(.state) \(.severity) \(.value_permille > 50) \(.limit_permille)"')" \
        "warn firing critical true 50"
    equal "in the summary" "$(jq -c '[.alerts[] | .name, .fired, .firing, (.first_s >= 0.5), (.firing_s > 0), (.worst > 0.05)]' summary)" \
        '["error_rate",1,true,true,true,true]'

    # Where the log is standard error, too, it is said in one way only.
    expect 1 "$GLIMPSE" batch in -o again --base-url "$URL" $quick
    equal "said once" "$(grep -c error_rate err)" 2 # and once among the last lines
    says 'alert        error_rate (critical) fired 1 time, first after '

    expect 1 "$GLIMPSE" batch in -o off --base-url "$URL" $quick --alerts off --summary summary
    equal "off" "$(grep -ci alert err || :) $(jq -c .alerts summary)" "0 []"
    kill "$MOCK"
    start_mock --latency 60ms
    expect 0 "$GLIMPSE" batch in -o good --base-url "$URL" $quick --summary summary
    equal "nothing fails" "$(grep -ci alert err || :) $(jq -c .alerts summary)" "0 []"
}
expect 78 "$GLIMPSE" batch in -o none --base-url "$URL" --alert-window 2s
says '--alert-hold: must be from a twentieth of the window'
