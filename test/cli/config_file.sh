# A config file sets options; what is wrong in it is named by file and line.
start_mock
printf '# comment\n\nbase-url = %s\nmodel=from-file\nport = 7\n' "$URL" >conf
expect 0 "$GLIMPSE" run --config conf --json hello
equal model "$(jq -r .response.body.model out)" from-file
GLIMPSE_CONFIG=conf GLIMPSE_MODEL=from-env expect 0 "$GLIMPSE" run --json hello
equal model "$(jq -r .response.body.model out)" from-env
GLIMPSE_CONFIG=conf GLIMPSE_MODEL=from-env expect 0 "$GLIMPSE" run --model flag --json hello
equal model "$(jq -r .response.body.model out)" flag
# A recipe of a load test. Some names are of several commands, and mean another thing in each.
printf 'base-url = %s\nrate = 50\nrequests = 5\nstream = on\njson = run.json\nsla = p95 < 1h\ncalibrate-first = off\nvalidity = off\n' "$URL" >conf
expect 0 "$GLIMPSE" bench --config conf -q
equal "a recipe" "$(jq -c '[.totals.measured, .settings.rate, (.distributions.first_chunk.count > 0), .sla[0].met]' run.json)" '[5,"50",true,true]'
printf '\nconcurency = 5\n' >conf
expect 78 "$GLIMPSE" run --config conf hello
says conf:2: concurency concurrency
printf 'config = other\n' >conf
expect 78 "$GLIMPSE" run --config conf hello
says conf:1: config
! grep -q 'did you mean' err || fail "the key that is refused is proposed"
printf 'concurrency = many\n' >conf
expect 78 "$GLIMPSE" run --config conf hello
says conf:1: concurrency
expect 78 "$GLIMPSE" run --config nothing-there hello
says nothing-there
# What a message quotes of it drives no terminal.
printf 'a\033[2J = 1\n' >conf
expect 78 "$GLIMPSE" run --config conf hello
says 'a?[2J'
! grep -q "$(printf '\033')" err || fail "an escape byte reached the terminal"
printf 'model = m\n = 3\n' >conf
expect 78 "$GLIMPSE" run --config conf hello
says conf:2: 'no key'
