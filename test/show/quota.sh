# 5,000 drafts against a key whose money ends after 1,000 answers: at most what is in flight goes out
# after that, exit 75, and only what was sent has a record.
. "$(dirname "$script")/figures.sh"
start_mock --quota-after 1000
drafts 5000 >in.jsonl
run_batch
refused=$(from .quota_requests)
figure "exit code" $code == 75
figure "requests that reach the mock after the quota" "$refused" '<=' 64
figure "records aligned" "$(records_of '.glimpse.status == "aligned"')" == 1000
figure "records rate_limited, code quota" \
    "$(records_of '.glimpse.status == "rate_limited" and (.error.code | test("quota"))')" == "$refused"
figure "records of anything else" "$(records_of '.glimpse.status | . != "aligned" and . != "rate_limited"')" == 0
figure "unsent lines in the summary" "$(of .unsent)" == $((4000 - refused))
note "requests at the mock" "$(from .requests)"
note "codes" "$(jq -r '.error.code // empty' out.jsonl | sort -u | tr '\n' ' ')"
verdict
