# 3,000 drafts under --rpm 6000 (100 at once, then 100 a second; at best 29 s): no less than 90 % of
# what is allowed, with fewer than 1 % of attempts answered 429.
. "$(dirname "$script")/figures.sh"
start_mock --rpm 6000
drafts 3000 >in.jsonl
run_batch
figure "exit code" $code == 0
figure "records aligned" "$(records_of '.glimpse.status == "aligned"')" == 3000
figure "part of the allowed rate" "$(from '29000 / (.last_ms - .first_ms) * 1000 | round / 1000')" '>=' 0.9
figure "part of attempts answered 429" "$(from '(.by_status."429" // 0) / .requests * 10000 | round / 10000')" '<' 0.01
note "requests at the mock" "$(from .requests)"
note "answered 429" "$(from '.by_status."429" // 0')"
note "seconds, first request to last answer" "$(from '(.last_ms - .first_ms) / 1000')"
figure "attempts counted less requests at the mock" $(($(of .attempts) - $(from .requests))) == 0
verdict
