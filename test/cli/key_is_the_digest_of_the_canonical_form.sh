# glimpse key prints what sha256sum makes of glimpse key --canonical.
printf '{ "messages" : [ ], "model":"m",\n "max_tokens":10, "temperature":0.70 }' >a
printf '{"temperature":7e-1,"max_tokens":10.0,"model":"\\u006d","messages":[]}' >b
expect 0 "$GLIMPSE" key a
key=$(cat out)
equal digits "$(printf %s "$key" | tr -d 0-9a-f | wc -c) ${#key}" "0 64"
equal digest "$("$GLIMPSE" key --canonical a | sha256sum | cut -c1-64)" "$key"
equal "key of another spelling" "$("$GLIMPSE" key b)" "$key"
equal "key from stdin" "$("$GLIMPSE" key - <b)" "$key"
equal "key from stdin" "$("$GLIMPSE" key <b)" "$key"
echo '{"messages":[,]}' >c
expect 65 "$GLIMPSE" key c
says c: 'byte 13'
one_line
echo '[]' >d
expect 65 "$GLIMPSE" key d
expect 74 "$GLIMPSE" key nothing-there
