# A latency or fault that cannot be read is exit 78 and names the option.
expect 78 "$GLIMPSE" mock --latency soon
says --latency
expect 78 "$GLIMPSE" mock --fault 429:150%
says --fault
expect 78 "$GLIMPSE" mock --port 70000
says --port
