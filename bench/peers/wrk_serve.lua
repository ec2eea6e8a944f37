-- wrk_serve.lua: the load of bench/serve.sh. Chat bodies of 590 bytes, all different with "miss" (RUN keeps those of
-- two runs apart), one and the same with "hit". Prints, in this order: answers, failures, seconds, and the latency at
-- p50, p90, p99 and the most, in us.
--   wrk -t1 -c8 -d3s -s bench/peers/wrk_serve.lua URL -- miss RUN [NAME=VALUE...]
local head = '{"model":"gpt-4o-mini","messages":[{"role":"system","content":"You summarize what ' ..
    'you are given in one sentence."},{"role":"user","content":"'
local tail = '"}],"temperature":0.7,"max_tokens":256}'
local filler = string.rep("The package holds a program that reads descriptions. ", 20)
local before, after, count, first

function init(args)
    local run = args[2]
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer sk-of-the-caller"
    for i = 3, #args do
        local name, value = args[i]:match("^([^=]+)=(.*)$")
        wrk.headers[name] = value
    end
    local mark = "Item " .. run .. " 00000000. "
    local body = head .. mark .. string.sub(filler, 1, 590 - #head - #mark - #tail) .. tail
    first = wrk.format(nil, nil, nil, body)
    local at = first:find("00000000", 1, true)
    before, after = first:sub(1, at - 1), first:sub(at + 8)
    count = args[1] == "miss" and 10000000 or nil
end

function request()
    if not count then return first end
    count = count + 1
    return before .. count .. after
end

function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    print(string.format("figures %d %d %.6f %.1f %.1f %.1f %.1f", summary.requests - errors.status, failed,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
