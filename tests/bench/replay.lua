-- wrk: send the prepared requests of one file in turn, then print what was measured as one line of JSON.
-- The file holds complete HTTP requests with a NUL byte after each; a header or a JSON body never contains one.

local requests, turn = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for prepared in file:read("*a"):gmatch("([^%z]+)%z") do
    requests[#requests + 1] = prepared
  end
  file:close()
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %f, "p95": %f}\n',
    summary.requests, summary.duration, failed.status,
    failed.connect + failed.read + failed.write + failed.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000
  ))
end
