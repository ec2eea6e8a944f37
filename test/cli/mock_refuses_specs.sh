# A latency, fault, outage or limit that cannot be read is exit 78 and names the option.
expect 78 "$GLIMPSE" mock --latency soon
says --latency
expect 78 "$GLIMPSE" mock --fault 429:150%
says --fault
expect 78 "$GLIMPSE" mock --outage 35s-5s
says --outage
expect 78 "$GLIMPSE" mock --quota-after 0
says --quota-after
expect 78 "$GLIMPSE" mock --rpm -1
says --rpm
expect 78 "$GLIMPSE" mock --tpm many
says --tpm
expect 78 "$GLIMPSE" mock --port 70000
says --port
expect 78 "$GLIMPSE" mock --latency mix:90%:1ms
says --latency '100 %'
expect 78 "$GLIMPSE" mock --latency recorded:missing
says --latency missing
printf '1ms\nsoon\n' >durations
expect 78 "$GLIMPSE" mock --ttft recorded:durations
says --ttft 'line 2'
expect 78 "$GLIMPSE" mock --stall 10s-11s
says --stall
expect 78 "$GLIMPSE" mock --capacity -1
says --capacity
expect 78 "$GLIMPSE" mock --queue few
says --queue
expect 78 "$GLIMPSE" mock --models a,,b
says --models
expect 78 "$GLIMPSE" mock --script missing.json
says --script missing.json
echo '{"rules":[{"contnt":"x"}]}' >script.json
expect 78 "$GLIMPSE" mock --script script.json
says --script 'rule 1' contnt
expect 78 "$GLIMPSE" mock --reasoning -1
says --reasoning
