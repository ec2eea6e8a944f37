# A proxy that answers 502 to everything, with a tunnel and without one: the endpoint was never reached, so the job
# ends after the attempts that the options promise, with 69, and names the proxy.
start_proxy 'HTTP/1.1 502 Bad Gateway'
drafts 5 >in
for scheme in http https; do
    rm -f records
    ALL_PROXY=http://$PROXY expect 69 "$GLIMPSE" batch in -o records --base-url "$scheme://endpoint.invalid/v1" \
        --max-attempts 3 --base-delay 10ms --summary summary
    says "the proxy $PROXY " 'answered, HTTP 502'
    equal "attempts that reached the endpoint" "$(jq .attempts summary)" 0
done
