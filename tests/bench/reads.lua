-- wrk: GET of random paths out of a file. Arguments: the file, a seed, then header lines "Name: value".
-- Prints one line of JSON when it is done, with the CPU seconds that it took to get ready, which grow with the file.
local requests, count, threads = {}, 0, {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  math.randomseed(tonumber(args[2]))
  for i = 3, #args do
    local name, value = args[i]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  for path in io.lines(args[1]) do
    count = count + 1
    requests[count] = path
  end
  if count <= 100000 then
    for i = 1, count do requests[i] = wrk.format("GET", requests[i]) end
  else
    local format = wrk.format
    request = function() return format("GET", requests[math.random(count)]) end
  end
  prepared = os.clock()
end

function request()
  return requests[math.random(count)]
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"bytes":%d,"errors":%d,"p50":%d,"p99":%d,"max":%d,"prepared":%.6f}\n', summary.requests,
    summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50),
    latency:percentile(99), latency.max, threads[1]:get("prepared")))
end
