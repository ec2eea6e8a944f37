# A line that cannot be used gets a record of its own; the rest of the job goes on.
start_mock
{
    printf '\357\273\277{"custom_id":"good","input_text":"a"}\r\n'
    echo 'this is not JSON'
    echo
    head -c 50000000 /dev/zero | tr '\0' x
    echo
    head -c 100000 /dev/zero | tr '\0' '['
    echo
    printf '{"custom_id":"u","input_text":"\377"}\n'
    echo '{"custom_id":"m","method":"POST","url":"/v1/chat/completions","body":{"model":"x"}}'
    echo '{"custom_id":"good","input_text":"b"}'
    echo '{"custom_id":"url","method":"POST","url":"http://127.0.0.1:1/v1/x","body":{"messages":[]}}'
    echo '{"custom_id":"host","method":"POST","url":"//127.0.0.1/x","body":{"messages":[]}}'
    echo '{"custom_id":"up","method":"POST","url":"/v1/../x","body":{"messages":[]}}'
    echo '{"custom_id":5,"input_text":"x"}'
    echo '{"custom_id":"get","method":"GET","body":{"messages":[]}}'
    echo '{"custom_id":"empty"}'
    printf 'a\0b\n'
    printf '{"input_text":"the last line has no id and no end"}'
} >in
expect 1 "$GLIMPSE" batch in -o records --base-url "$URL" --summary summary
equal records "$(wc -l <records)" 15
code_of() { records records ".[] | select(.glimpse.line == $1) | .error.code"; }
equal "line 1" "$(code_of 1)" null
equal "line 2" "$(code_of 2)" bad_json
equal "line 4" "$(code_of 4)" line_too_long
equal "line 5" "$(code_of 5)" bad_json
equal "line 6" "$(code_of 6)" bad_utf8
equal "line 7" "$(code_of 7)" missing_messages
equal "line 8" "$(code_of 8)" duplicate_custom_id
equal "line 9" "$(code_of 9)" bad_url
equal "line 10" "$(code_of 10)" bad_url
equal "line 11" "$(code_of 11)" bad_url
equal "line 12" "$(code_of 12)" bad_json
equal "line 13" "$(code_of 13)" bad_json
equal "line 14" "$(code_of 14)" missing_input_text
equal "line 15" "$(code_of 15)" bad_json
equal "line 16" "$(code_of 16)" null
equal "id of line 16" "$(records records '.[] | select(.glimpse.line == 16) | .custom_id')" 16
equal "ids of lines 2 and 12" \
    "$(records records '[.[] | select(.glimpse.line == (2, 12)) | .custom_id] | unique')" "[
  null
]"
equal "sent" "$(mock_stats .requests)" 2
equal "summary" "$(jq -c '[.lines, .done, .by_status.bad_request, .by_status.aligned]' summary)" \
    "[15,15,13,2]"
