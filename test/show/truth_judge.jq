# What is to be said of a run (the input: truth.jq's figures and late requests): `good`, `wrong`, or what the machine
# ($machine: bench/truth/watch.c's stalls) did to it. It is the machine's where each time that is further off than
# allowed has stalls of at least what it is too much in all, while its request was under way; a count is never. The
# watch wakes each 0.25 ms, so of a stall of a CPU it sees as much less. `wrong` is followed by why.
# $code, $want: the exit of `bench`, and what it should be. $origin: when the first request came, in ns.
def ms: . / 10000 | round / 100;
def cause($excess; $from; $to):
    [$machine[0].stalls[] | select(.at < $to and .at + .ns > $from)] | group_by(.cpu)
    | map(select((map(.ns) | add) + (if .[0].cpu == null then 0 else 250000 end) >= $excess) | max_by(.ns)) | max_by(.ns);
def told: if .cpu == null then "it waited \(.ns | ms) ms for a CPU" else "CPU \(.cpu) ran nothing that was due for \(.ns | ms) ms" end
    + ", \((.at - $origin) / 1e6 | round / 1000) s after its first request";
def excess: (((.said - .true) | fabs) - .allowed) * 1000;
def named: if .us then "\(.name) is off by \(((.said - .true) | fabs) * 1000 | ms) ms" else .name end;
. as $seen
| ($seen.figures | map(select(.off > 1))) as $off
| ($seen.late | map(excess as $ns | . + { cause: cause($ns; .from - 2e6; .to + $ns + 2e6) })) as $late
# Figures of times are those of requests; what has no single request (gaps between tokens) may have any stall.
| ($off | map(if .together then . + { cause: cause(5e6; 0; infinite) }
              elif .us and ($late != [] or (.name | test("^(chunk_gap|tpot)"))) then
                  excess as $ns | . + { cause: (if $late != [] then $late[0].cause else cause($ns; 0; infinite) end) }
              else . end)) as $figures
| (if $code != $want and $code == 70 then
       [$run[0].invalid[]? | { name: ., cause: cause(3e6; 0; infinite) }]
   else [] end) as $invalid
| ($late + $figures + $invalid) as $all
| if $code == $want and $all == [] then "good"
  elif $code != $want and $invalid == [] then "wrong: exit \($code)"
  else ([$all[] | select(.cause == null)] | first) as $unexplained
  | if $unexplained then
        "wrong: \($unexplained | named), and the machine did not hold the client then; its longest stalls: "
        + ([$machine[0].stalls | sort_by(-.ns)[:3][] | told] | join("; "))
    else $all[0] | "\(named): \(.cause | told)" end
  end
