-- Drives one address with wrk. With a file, each request posts the next of its lines:
-- the kiosk's credential, a tab, and the message. A line is never sent twice.
local lines, place, path = nil, 0, nil

function init(args)
  path = wrk.path
  if args[1] then
    lines = {}
    for line in io.lines(args[1]) do lines[#lines + 1] = line end
  end
end

function request()
  if not lines then return wrk.format("GET", path) end
  place = place + 1
  local line = lines[place]
  if not line then return wrk.format("GET", "/no-more-lines") end
  local credential, message = line:match("^(.-)\t(.*)$")
  local headers = {
    ["Cookie"] = "kiosk=" .. credential,
    ["Content-Type"] = "application/json",
    ["Host"] = wrk.headers["Host"],
  }
  return wrk.format("POST", path, headers, message)
end

function done(summary, latency, requests)
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
