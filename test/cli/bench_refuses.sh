# What makes no sense is refused before anything is started, and named.
refuse() { # code, words said..., --, options
    code=$1
    shift
    words=
    while [ "$1" != -- ]; do words="$words $1" && shift; done
    shift
    expect "$code" "$GLIMPSE" bench "$@"
    # shellcheck disable=SC2086
    says $words
}
refuse 78 --rate number -- --rate fast
refuse 78 --rate ramp -- --rate 0-100
refuse 78 --rate last -- --rate 100,200:1s
refuse 78 --rate never -- --rate 0 --duration 1s
refuse 78 --rate --duration -- --rate 100
refuse 78 --rate duration -- --rate 100:x
refuse 78 --cooldown --duration -- --cooldown 1s
refuse 78 --warmup --duration -- --warmup 2s --duration 2s
refuse 78 --sla p97 -- --sla 'p97<1s'
refuse 78 --sla duration -- --sla 'p95<fast'
refuse 78 --sla unit -- --sla 'p95<2500'
refuse 78 --sla unit -- --sla 'p95<.ms'
refuse 78 --goodput unit -- --goodput 'latency<2500'
refuse 78 --sla part -- --sla 'error_rate<500%'
refuse 78 --sla NAME -- --sla 'p95'
refuse 78 --goodput none -- --goodput 'p95<1s'
refuse 78 --goodput --stream -- --goodput 'ttft<1s'
refuse 78 --sla --goodput -- --sla 'goodput>1'
refuse 78 --pool-ratio -- --pool-ratio 2
refuse 78 --arrival -- --arrival uniform
refuse 78 --latency -- --latency slow
refuse 64 --latency --base-url -- --latency 1s --base-url http://127.0.0.1:9/v1
refuse 64 unexpected -- word
refuse 69 reached http://127.0.0.1:9/v1 connect -- --base-url http://127.0.0.1:9/v1 --requests 2 --calibrate-first off --max-attempts 1
expect 74 "$GLIMPSE" bench --latency 0 --requests 2 --calibrate-first off --validity off --json /none/run.json
says --json /none/run.json
