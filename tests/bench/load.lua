-- Asks for one citizen after another; ends with one line of JSON about what came back.
local requests, turn = {}, 0

function init(arguments)
   for line in io.lines(arguments[1]) do
      local path, body, rest = line:match("^([^\t]+)\t([^\t]*)(.*)$")
      local headers = {}
      for name, value in rest:gmatch("\t([^\t]+)\t([^\t]+)") do headers[name] = value end
      if body == "" then body = nil end
      requests[#requests + 1] = wrk.format(body and "POST" or "GET", path, headers, body)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"bytes":%d,"refused":%d,"lost":%d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      summary.bytes, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
