# jq -R -s -r --slurpfile run REPORT.json --argjson least N -f figures.jq PAGE.html - "equal", or each figure of the
# page that is not that of the report: its exact value, and what is shown of it. Of several reports each place
# begins with the report's number.
def at($path): reduce ($path | split("."))[] as $step (.; if type == "array" then .[$step | tonumber] else .[$step] end);
# What one of the shown unit is, in the unit of the value.
def scale($path; $unit):
    if $unit == "%" then 0.01 elif $unit == "MB" then 1e6
    elif ($path | test("_s$")) then {"s": 1}[$unit]
    elif ($path | test("_ms.[0-9]$")) then {"µs": 0.001, "ms": 1, "s": 1000}[$unit]
    elif ($path | test("_us([._]|$)|^sla.0.")) then {"µs": 1, "ms": 1000, "s": 1000000}[$unit]
    else 1 end;
def near($shown; $value; $scale; $digits):
    (($shown * $scale - $value) | fabs) <= ([($value | fabs) * 0.006, $scale * $digits] | max);
(if ($run | length) > 1 then $run else $run[0] end) as $report
| [scan("data-figure=\"([^\"]*)\" data-value=\"([^\"]*)\">([^<]*)(?:<small> ?([^<]*)</small>)?")] as $figures
| [$figures[] | . as [$path, $value, $shown, $unit]
   | ($report | at($path)) as $true
   | ($shown | gsub(","; "") | tonumber? // null) as $number
   | select(($true == null and ($value != "null" or $number != null))
            or ($true != null and ($value == "null" or ($value | tonumber) != $true or $number == null or
                (near($number; $true; scale($path; $unit); pow(10; -($shown | split(".")[1] // "" | length)) * 0.51) | not))))]
| if length > 0 then "wrong: \(.)" elif ($figures | length) < $least then "only \($figures | length)"
  else "equal" end
