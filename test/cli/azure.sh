# --azure-deployment: Azure's path, its api-version and its api-key header; flags beat its variables.
perl -MIO::Socket::INET -e '
    my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 16) or die;
    open(my $f, ">", "port.tmp"); print $f $l->sockport; close $f; rename "port.tmp", "port";
    while (my $c = $l->accept) {
        my $body = "{\"data\":[],\"choices\":[{\"message\":{\"content\":\"from azure\"},\"finish_reason\":\"stop\"}]}";
        my $head = ""; while (<$c>) { $head .= $_; last if /^\r\n/ }
        my ($n) = $head =~ /content-length: *(\d+)/i; read $c, my $in, $n;
        open(my $h, ">", "head.tmp"); print $h $head; close $h; rename "head.tmp", "head";
        print $c "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ",
            length $body, "\r\nConnection: close\r\n\r\n$body"; close $c }' &
pids="$pids $!"
until_true test -s port
URL=http://127.0.0.1:$(cat port)

export AZURE_OPENAI_ENDPOINT="$URL/" AZURE_OPENAI_API_KEY=azure-0123456789 OPENAI_API_KEY=sk-openai
expect 0 "$GLIMPSE" run --azure-deployment 'my gpt' --api-version 2024-10-21 hello
equal answer "$(cat out)" "from azure"
grep -qF 'POST /openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21 HTTP/1.1' head ||
    fail "$(cat head)"
grep -qF 'api-key: azure-0123456789' head || fail "no api-key header"
! grep -qi authorization head || fail "the key of somebody else is sent"

# The version may come from its variable, a key from a file, the endpoint from the flag.
printf 'file-0123456789' >keyfile
export OPENAI_API_VERSION=2025-01-01 AZURE_OPENAI_ENDPOINT=http://127.0.0.1:1
expect 0 "$GLIMPSE" run --azure-deployment d --base-url "$URL" --api-key-file keyfile hello
grep -qF 'POST /openai/deployments/d/chat/completions?api-version=2025-01-01' head || fail "$(cat head)"
grep -qF 'api-key: file-0123456789' head || fail "not the key of the file"

# A job's lines go there, each path as Azure has it.
printf '{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"input":"x"}}\n' >in
expect 0 "$GLIMPSE" batch in -o records --azure-deployment d --base-url "$URL" -q
grep -qF 'POST /openai/deployments/d/embeddings?api-version=2025-01-01' head || fail "$(cat head)"

# What cannot be is refused, and named; without a deployment none of it is looked at.
expect 78 "$GLIMPSE" run --azure-deployment .. --base-url "$URL" hello
says azure-deployment
unset OPENAI_API_VERSION
expect 78 "$GLIMPSE" run --azure-deployment d --base-url "$URL" hello
says api-version OPENAI_API_VERSION
AZURE_OPENAI_ENDPOINT="$URL?x" expect 78 "$GLIMPSE" run --azure-deployment d --api-version 1 hello
says AZURE_OPENAI_ENDPOINT
unset AZURE_OPENAI_ENDPOINT OPENAI_API_KEY
expect 78 "$GLIMPSE" run --azure-deployment d --api-version 1 hello
says azure-deployment AZURE_OPENAI_ENDPOINT
rm head
AZURE_OPENAI_ENDPOINT=junk expect 0 "$GLIMPSE" run --base-url "$URL/v1" hello
grep -qF 'POST /v1/chat/completions HTTP/1.1' head || fail "$(cat head)"
! grep -qi api-key head || fail "Azure's key is sent elsewhere"
