-- wrk: each request about an object of its own. Arguments: a file with the whole request in which @NUMBER@ stands for the object's
-- twelve digits, and the first number. Prints one line of JSON when it is done; "sent" counts what was begun as well.
local parts, count, number = {}, 0, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  for part in (text .. "@NUMBER@"):gmatch("(.-)@NUMBER@") do
    count = count + 1
    parts[count] = part
  end
  number = tonumber(args[2]) - 1
end

function request()
  number = number + 1
  return table.concat(parts, string.format("%012d", number))
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"bytes":%d,"errors":%d,"p50":%d,"p99":%d,"max":%d}\n', summary.requests,
    summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50),
    latency:percentile(99), latency.max))
end
