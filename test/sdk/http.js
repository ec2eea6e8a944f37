// http.js BASE_URL KEY MOCK - plain HTTP clients (undici, axios, got, node's own) through the gateway: connections that
// are kept, chunked bodies, large ones, aborts, WebSockets; and what the mock behind sees.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import got from 'got';
import { Agent, WebSocket, fetch, request } from 'undici';
import { run } from './harness.js';
import { upstreamAt } from './upstream.js';

const [baseURL, apiKey, mock] = process.argv.slice(2);
const upstream = upstreamAt(mock);
const url = `${baseURL}/chat/completions`;
const auth = { authorization: `Bearer ${apiKey}` };
const headers = { ...auth, 'content-type': 'application/json' };
const body = (content, more) => ({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...more });
const text = (answer) => answer.choices[0].message.content;
const left = (what) => upstream.until(`${what} left`, async () => (await upstream.asked(what)).some((one) => one.left));
async function* pieces(content) {
  const all = JSON.stringify(body(content));
  for (let at = 0; at < all.length; at += 7) yield all.slice(at, at + 7);
}
// The text of a stream of events.
const told = (events) => {
  const lines = events.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
  assert.equal(lines.pop(), '[DONE]');
  return lines.map((line) => JSON.parse(line).choices[0]?.delta.content ?? '').join('');
};

await run({
  async 'undici: two connections for a hundred requests'() {
    let connections = 0;
    const dispatcher = new Agent({ connections: 2 });
    dispatcher.on('connect', () => { connections++; });
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const answer = await request(url, { method: 'POST', headers, dispatcher, body: JSON.stringify(body(`undici ${i}.`)) });
      assert.equal(answer.statusCode, 200);
      assert.equal(text(await answer.body.json()), `undici ${i}.`);
    }));
    await dispatcher.close();
    assert.equal(connections, 2);
    assert.equal((await upstream.asked('undici ')).length, 100);
  },

  async 'undici: a body in chunks'() {
    const answer = await request(url, { method: 'POST', headers, body: Readable.from(pieces('undici in chunks')) });
    assert.equal(text(await answer.body.json()), 'undici in chunks');
    const [asked] = await upstream.asked('undici in chunks');
    assert.equal(asked.body_bytes, JSON.stringify(body('undici in chunks')).length);
  },

  async 'undici: a body of 3.5 MB'() {
    const large = body('undici large.', { user: 'x'.repeat(3_500_000) });
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(large) });
    assert.equal(text(await answer.json()), 'undici large.');
    assert.equal((await upstream.asked('undici large'))[0].body_bytes, JSON.stringify(large).length);
  },

  async 'undici: a body by gzip'() {
    const packed = gzipSync(JSON.stringify(body('undici packed.', { user: 'x y '.repeat(1000) })));
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, 'content-encoding': 'gzip' }, body: packed });
    assert.equal(text(await answer.json()), 'undici packed.');
    assert.ok((await upstream.asked('undici packed'))[0].body_bytes > packed.length);
  },

  async 'undici: a stream'() {
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body('undici stream of words', { stream: true })) });
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    assert.equal(told(await answer.text()), 'undici stream of words');
  },

  async 'undici: abort before the head'() {
    const abort = new AbortController();
    const answer = fetch(url, { method: 'POST', headers, body: JSON.stringify(body('hang for undici')), signal: abort.signal });
    answer.catch(() => {});
    await upstream.until('it is asked', async () => (await upstream.asked('hang for undici')).length === 1);
    abort.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await left('hang for undici');
  },

  async 'undici: a WebSocket is refused at once'() {
    const socket = new WebSocket(`${baseURL.replace('http', 'ws')}/responses`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('error', resolve);
      socket.addEventListener('open', () => reject(new Error('it is open')));
    });
  },

  async 'node: an upgrade is a 426, and the connection closes'() {
    const asked = http.request(`${baseURL}/responses`, { headers: { ...auth, connection: 'upgrade', upgrade: 'websocket' } });
    asked.end();
    const [answer] = await once(asked, 'response');
    assert.equal(answer.statusCode, 426);
    assert.equal(answer.headers.connection, 'close');
    assert.match(answer.headers.upgrade, /HTTP\/1\.1/);
    answer.resume();
    await once(answer, 'close');
  },

  async 'node: a body is asked for by 100 Continue, and not when the key is wrong'() {
    for (const [key, status] of [[apiKey, 200], ['sk-wrong', 401]]) {
      const bytes = JSON.stringify(body('node expects'));
      let continued = false;
      const asked = http.request(url, {
        method: 'POST', headers: { ...headers, authorization: `Bearer ${key}`, expect: '100-continue', 'content-length': bytes.length },
      });
      asked.on('continue', () => { continued = true; asked.end(bytes); });
      asked.flushHeaders();
      const [answer] = await once(asked, 'response');
      assert.equal(answer.statusCode, status);
      assert.equal(continued, status === 200);
      answer.resume();
      asked.destroy();
    }
    assert.equal((await upstream.asked('node expects')).length, 1);
  },

  async 'axios: post'() {
    const { data, headers: got_headers } = await axios.post(url, body('axios post'), { headers: auth });
    assert.equal(text(data), 'axios post');
    assert.equal(got_headers['cache-control'], 'private, no-store');
    assert.equal((await upstream.asked('axios post')).length, 1);
  },

  async 'axios: a stream'() {
    const { data } = await axios.post(url, body('axios stream of words', { stream: true }), { headers: auth, responseType: 'stream' });
    let events = '';
    for await (const piece of data) events += piece;
    assert.equal(told(events), 'axios stream of words');
  },

  async 'axios: errors'() {
    await assert.rejects(axios.post(url, body('poison for axios'), { headers: auth }),
      (error) => error.response.status === 502 && error.response.data.error.code === 'upstream_error');
    await assert.rejects(axios.post(url, '{', { headers }), (error) => error.response.status === 400 && error.response.data.error.code === 'invalid_json');
    await assert.rejects(axios.get(`${baseURL}/nothing`, { headers: auth }), (error) => error.response.status === 404);
    await assert.rejects(axios.get(url, { headers: auth }), (error) => error.response.status === 405 && error.response.headers.allow === 'POST');
  },

  async 'axios: its own time limit'() {
    await assert.rejects(axios.post(url, body('hang for axios'), { headers: auth, timeout: 500 }), { code: 'ECONNABORTED' });
    await left('hang for axios');
  },

  async 'got: post'() {
    const answer = await got.post(url, { json: body('got post'), headers: auth }).json();
    assert.equal(text(answer), 'got post');
    assert.equal((await upstream.asked('got post')).length, 1);
  },

  async 'got: a stream both ways'() {
    const stream = got.stream.post(url, { headers, body: Readable.from(pieces('got in chunks')) });
    let all = '';
    for await (const piece of stream) all += piece;
    assert.equal(text(JSON.parse(all)), 'got in chunks');
  },

  async 'got: errors, and no retry of a POST'() {
    await assert.rejects(got.post(url, { json: body('poison for got'), headers: auth }), (error) => error.response.statusCode === 502);
    assert.equal((await upstream.asked('poison for got')).length, 2); // --max-attempts 2
  },

  async 'got: its own time limit'() {
    await assert.rejects(got.post(url, { json: body('hang for got'), headers: auth, timeout: { request: 500 } }), { name: 'TimeoutError' });
    await left('hang for got');
  },
});
