// faults.js - the fault scripts, and the server that plays them and counts what reaches it.
//
// A script is a function: (n, ms) => what to do with the n-th request (from 0), which came ms after
// the first. The same script, on a port of its own, meets each client.
import http from 'node:http';

const quota = {
  error: {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota', param: null, code: 'insufficient_quota',
  },
};
const refused = { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } };
const limited = { error: { message: 'Rate limit reached.', type: 'requests', param: null, code: 'rate_limit_exceeded' } };
const failed = { error: { message: 'The server had an error.', type: 'server_error', param: null, code: null } };

const answer = { do: 'answer' };
const status = (code, body, headers = {}) => ({ do: 'status', code, body, headers });

export const faults = [
  { name: '429, `Retry-After: 2`, once', requests: 1,
    play: (n) => (n === 0 ? status(429, limited, { 'retry-after': '2' }) : answer) },
  { name: '429, `Retry-After: 20`; 429 until then', requests: 1,
    play: (n, ms) => (ms < 20000 ? status(429, limited, { 'retry-after': String(Math.ceil((20000 - ms) / 1000)) }) : answer) },
  { name: '429, `retry-after-ms: 300`, once', requests: 1,
    play: (n) => (n === 0 ? status(429, limited, { 'retry-after-ms': '300' }) : answer) },
  { name: '429 `insufficient_quota`, always', requests: 1, play: () => status(429, quota) },
  { name: 'the same, a job of 100', requests: 100, play: () => status(429, quota) },
  { name: '401, always, a job of 100', requests: 100, play: () => status(401, refused) },
  { name: '500 twice', requests: 1, play: (n) => (n < 2 ? status(500, failed) : answer) },
  { name: '500 three times', requests: 1, play: (n) => (n < 3 ? status(500, failed) : answer) },
  { name: '400, always', requests: 1, play: () => status(400, { error: { message: 'no', type: 'invalid_request_error', param: null, code: null } }) },
  { name: 'connection reset before the answer, once', requests: 1,
    play: (n) => (n === 0 ? { do: 'reset' } : answer) },
  { name: 'answer cut in the middle, once', requests: 1,
    play: (n) => (n === 0 ? { do: 'cut' } : answer) },
  { name: 'event stream that ends in the middle, once', requests: 1, stream: true,
    play: (n) => (n === 0 ? { do: 'cut stream' } : answer) },
  { name: 'outage: 503 for 10 s, a job of 300', requests: 300,
    play: (n, ms) => (ms < 10000 ? status(503, failed) : answer) },
];

const words = ['one', ' two', ' three', ' four'];

function chunk(text, reason) {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm',
    choices: [{ index: 0, delta: text === null ? {} : { content: text }, finish_reason: reason }] })}\n\n`;
}

function sendStream(response, upTo, whole) {
  response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
  response.useChunkedEncodingByDefault = false;
  for (const word of words.slice(0, upTo)) response.write(chunk(word, null));
  response.end(whole ? chunk(null, 'stop') + 'data: [DONE]\n\n' : '');
}

const completion = JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 } });

function perform(action, response, stream) {
  if (action.do === 'status') {
    const body = JSON.stringify(action.body);
    response.writeHead(action.code, { 'content-type': 'application/json', ...action.headers });
    response.end(body);
  } else if (action.do === 'reset') {
    response.socket.resetAndDestroy();
  } else if (action.do === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': completion.length });
    response.write(completion.slice(0, 40), () => response.socket.destroy());
  } else if (action.do === 'cut stream') {
    sendStream(response, 2, false);
  } else if (stream) {
    sendStream(response, words.length, true);
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion);
  }
}

// Serves one script on a free port of 127.0.0.1; `times` are when requests came, in ms.
export function serve(fault) {
  const seen = { times: [], first: 0 };
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const now = performance.now();
      if (seen.times.length === 0) seen.first = now;
      seen.times.push(now - seen.first);
      perform(fault.play(seen.times.length - 1, now - seen.first), response, fault.stream);
    });
  });
  return new Promise((ready) => {
    server.listen(0, '127.0.0.1', () => ready({ seen, server, url: `http://127.0.0.1:${server.address().port}/v1` }));
  });
}
