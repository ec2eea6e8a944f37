-- The mock server's own ceiling: wrk sends one chat body of 590 bytes again and again.
--   glimpse mock --port 18080 &
--   wrk -t1 -c32 -d10s -s bench/peers/wrk_chat.lua http://127.0.0.1:18080/v1/chat/completions
local head = '{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You summarize what ' ..
    'you are given in one sentence."},{"role":"user","content":"'
local tail = '"}],"temperature":0.7,"max_tokens":256}'
local filler = string.rep("The package holds a program that reads descriptions. ", 20)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = head .. string.sub(filler, 1, 590 - #head - #tail) .. tail
