# --ca-file and SSL_CERT_FILE are read at the start: what holds no certificate in PEM is 78, not an endpoint
# that cannot be reached.
refused() {
    expect 78 "$@"
    one_line
    says 'without certificates in PEM'
}
echo text >text
: >empty
printf '%s\n' '-----BEGIN CERTIFICATE-----' '-----END CERTIFICATE-----' >hollow
printf '%s\n' '-----BEGIN CERTIFICATE-----' 'what is this?' '-----END CERTIFICATE-----' >broken
for file in text empty hollow broken "$GLIMPSE"; do
    refused "$GLIMPSE" run --base-url https://127.0.0.1:9/v1 --ca-file "$file" hello
    refused env SSL_CERT_FILE="$file" "$GLIMPSE" run --base-url https://127.0.0.1:9/v1 hello
done
expect 78 "$GLIMPSE" run --base-url https://127.0.0.1:9/v1 --ca-file . hello
says --ca-file
{
    echo '# an authority'
    echo '-----BEGIN CERTIFICATE-----'
    printf 'MIIB%060d\n%064d\n' 0 0
    echo '-----END CERTIFICATE-----'
} >good
expect 69 "$GLIMPSE" run --base-url http://127.0.0.1:9/v1 --ca-file good --base-delay 1ms hello
