# The figures of a report of `glimpse bench` ($run) beside what the server wrote down (the input, its requests in
# order of arrival). `figures`: for each a name, said, true, and by how much it is off, in parts of what is allowed
# (2 % or 1 ms; counts: nothing); times are in us, and have `us` and what is `allowed`. `late`: the single requests
# with a time that is further off, and when they were under way on the server's clock. `crowd`: how many answers left
# in one crowd, which the client reads one after the other; these are in the figures, but not judged singly.
# $open: the rate of a constant schedule, 0 for a closed loop. $lines: those of --requests.
def rank($q): sort | if length == 0 then null else .[([([(length * $q) | ceil, 1] | max), length] | min) - 1] end;
def mean: if length == 0 then null else add / length end;
def exact($name; $said; $true): { name: $name, said: $said, true: $true, exact: true, off: (if $said == $true then 0 else 99 end) };
def near($name; $said; $true; $least):
    { name: $name, said: $said, true: $true,
      off: (if $said == null or $true == null then 99
            else (($said - $true) | fabs) / ([($true | fabs) * 0.02, $least] | max) end) };
def time($name; $said; $true):
    near($name; $said; $true; 1000) | if $said == null or $true == null then . else
        . + { us: true, allowed: ([($true | fabs) * 0.02, 1000] | max) } end;
# A request's own time, said in s and true in ns; nothing where either is not there.
def single($name; $said; $true): select($said != null and $true != null) | time("requests." + $name; $said * 1e6; $true / 1000);
# A distribution in us, against durations in ns. A quantile of fewer than ten values above it is left out.
def spread($name; $ns):
    $run.distributions[$name] as $d | ($ns | map(. / 1000)) as $us
    # What one read brings is one gap fewer: two tokens that a busy machine hands over together.
    | (exact($name + ".count"; $d.count; $us | length) | if $name == "chunk_gap" then del(.exact) + { together: true } else . end),
      (select(($us | length) > 0)
       | time($name + ".mean"; $d.mean_us; $us | mean), time($name + ".max"; $d.max_us; $us | max),
         (["p50_us", 0.5], ["p90_us", 0.9], ["p99_us", 0.99]
          | . as [$q, $part] | select($d.few | index($q) | not)
          | time($name + "." + $q[:-3]; $d[$q]; $us | rank($part))));
. as $log
| (if $open > 0 then 1e9 / $open else 0 end) as $gap
# When each was meant to be sent: as it came, of a closed loop; of an open one by its place in the schedule, which
# began so that none came before its time.
| ([range($log | length) | $log[.].came - . * $gap] | min) as $begun
| [range($log | length) as $i | $log[$i] + { meant: (if $open > 0 then $begun + $i * $gap else $log[$i].came end) }] as $all
| ($all | map(select(.status == 200))) as $good
| ($run.totals.window_s * 1e9) as $window
| ($all | map(.last) | sort) as $left
# Whether 32 others left within the 5 ms before it: the end of a stall.
| def crowded($at): [$left[] | select(. <= $at and . > $at - 5e6)] | length > 32;
  ($lines | map(select(.request_id != null) | . + { server: $all[.request_id | tonumber] })) as $joined
| [$joined[] | .server as $s | crowded($s.last) as $crowd
    | (single("latency"; .last_s - .scheduled_s; $s.last - $s.meant),
       (select(.sent_s != null)
        | single("last"; .last_s - .sent_s; $s.last - $s.came),
          single("first"; (.first_s // nan) - .sent_s | if isnan then null else . end; $s.first - $s.came),
          single("first_token"; (.first_token_s // nan) - .sent_s | if isnan then null else . end;
                 if $s.tokens == [] then null else $s.tokens[0] - $s.came end)))
    | . + { crowd: $crowd, from: ($s.at + $s.meant - $s.came), to: ($s.at + $s.last - $s.came) }] as $singles
| { crowd: ($joined | map(select(crowded(.server.last))) | length),
    late: ($singles | map(select(.off > 1 and (.crowd | not)))),
    figures: [
    exact("requests.lines"; $joined | map(.request_id) | unique | length; $log | length),
    ($singles | map(select(.crowd | not)) | group_by(.name)[] | max_by(.off) | del(.crowd, .from, .to)),
    exact("sent"; $run.totals.sent; $log | length),
    exact("attempts"; $run.totals.attempts; $log | length),
    exact("by_source.live"; $run.totals.by_source.live; $log | length),
    exact("aligned"; $run.totals.by_status.aligned; $good | length),
    exact("failed"; $run.totals.measured - $run.totals.by_status.aligned; ($log | length) - ($good | length)),
    exact("completion_tokens"; $run.totals.completion_tokens; ($good | length) * $tokens),
    near("sent_rps"; $run.totals.sent_rps; (($log | length) - 1) * 1e9 / ($log[-1].came - $log[0].came); 0),
    near("throughput_rps"; $run.totals.throughput_rps; ($good | map(select(.last < $window)) | length) * 1e9 / $window; 1e9 / $window),
    near("tokens_out_rps"; $run.totals.tokens_out_rps; $tokens * ($good | map(select(.last < $window)) | length) * 1e9 / $window; $tokens * 1e9 / $window),
    spread("service"; $all | map(.last - .came)),
    spread("latency"; $all | map(.last - .meant)),
    spread("first_byte"; $all | map(.first - .came)),
    spread("ttft_service"; $good | map(select(.tokens != []) | .tokens[0] - .came)),
    spread("ttft"; $good | map(select(.tokens != []) | .tokens[0] - .meant)),
    spread("first_answer"; $good | map(select(.tokens != []) | .tokens[$reasoning] - .meant)),
    spread("chunk_gap"; $good | map(.tokens as $t | range(1; $t | length) | $t[.] - $t[. - 1])),
    spread("tpot"; $good | map(select(.tokens | length > 1) | (.last - .tokens[0]) / ((.tokens | length) - 1))) ] }
