// openai.js BASE_URL KEY MOCK - the official Node SDK through the gateway: what it sees of caching, errors, deadlines
// and its own retries, and what the mock behind sees of its requests. The mock fails on purpose at some texts.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { run } from './harness.js';
import { upstreamAt } from './upstream.js';

const [baseURL, apiKey, mock] = process.argv.slice(2);
const upstream = upstreamAt(mock);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 2, timeout: 60_000 });
const model = 'gpt-4o-mini';
const say = (content) => [{ role: 'user', content }];
const ask = (content, more, options) => client.chat.completions.create({ model, messages: say(content), ...more }, options);
const times = async (text, count) => assert.equal((await upstream.asked(text)).length, count, text);
// Waits until the mock has seen the caller of this text leave.
const left = (text) => upstream.until(`${text} left`, async () => (await upstream.asked(text)).some((one) => one.left));

await run({
  async 'openai: the second answer is a stored one'() {
    const first = await ask('openai one').withResponse();
    const second = await ask('openai one').withResponse();
    assert.equal(first.response.headers.get('glimpse-status'), 'live');
    assert.equal(second.response.headers.get('glimpse-status'), 'cache');
    assert.deepEqual(second.data, first.data);
    await times('openai one', 1);
  },

  async 'openai: one request for those who ask at once'() {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('openai slow at once')));
    for (const one of answers) assert.equal(one.choices[0].message.content, 'openai slow at once');
    await times('openai slow at once', 1);
  },

  async 'openai: a stream, and again as a stored one'() {
    for (let round = 0; round < 2; round++) {
      let text = '';
      for await (const chunk of await ask('openai two three', { stream: true })) text += chunk.choices[0]?.delta.content ?? '';
      assert.equal(text, 'openai two three');
    }
    await times('openai two three', 1);
  },

  async 'openai: embeddings of texts and of token ids, as base64'() {
    const length = (vector) => Math.hypot(...vector);
    const embed = (input) => client.embeddings.create({ model: 'text-embedding-3-small', input });
    for (const input of [['openai a', 'openai b'], [[101, 102, 103], [104]], [105, 106]]) {
      const { data } = await embed(input);
      assert.equal(data.length, typeof input[0] === 'number' ? 1 : 2);
      for (const { embedding } of data) assert.ok(Math.abs(length(embedding) - 1) < 1e-3 && embedding.length === 1536);
    }
    const [tokens] = await upstream.asked('[[101,102,103],[104]]');
    assert.match(tokens.body, /"encoding_format":"base64"/);
    assert.equal(tokens.path, '/v1/embeddings');
    await embed([105, 106]);
    await times('[105,106]', 1);
  },

  async 'openai: a response that the endpoint keeps is asked for again, another is not'() {
    const respond = (input, store) => client.responses.create({ model, input, store });
    for (let round = 0; round < 2; round++) {
      assert.equal((await respond('openai kept', true)).output_text, 'openai kept');
      assert.equal((await respond('openai fleeting', false)).output_text, 'openai fleeting');
    }
    await times('openai kept', 2);
    await times('openai fleeting', 1);
  },

  async 'openai: models by their names'() {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    assert.ok(ids.includes(model) && ids.includes('org/own'));
    assert.equal((await client.models.retrieve('org/own')).id, 'org/own');
  },

  async 'openai: errors of the right kind'() {
    await assert.rejects(ask('x', { model: 'none' }), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
    await assert.rejects(ask('x', { temperature: 3 }), (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
    await assert.rejects(new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 2 }).models.list(),
      (error) => error instanceof OpenAI.AuthenticationError && error.code === 'invalid_api_key');
    await assert.rejects(client.files.list(), (error) => error instanceof OpenAI.NotFoundError && error.code === 'unknown_path');
  },

  async 'openai: no retries beside those of the gateway'() {
    await assert.rejects(ask('poison for openai'), (error) => error.status === 502 && error.code === 'upstream_error' && error.headers.get('x-should-retry') === 'false');
    await times('poison for openai', 2); // --max-attempts 2
  },

  async 'openai: a deadline of its own'() {
    const started = Date.now();
    await assert.rejects(ask('hang for openai', {}, { timeout: 3000, maxRetries: 0 }), (error) => error.status === 504 && error.code === 'deadline');
    assert.ok(Date.now() - started >= 2000);
    await times('hang for openai', 1);
    await left('hang for openai');
  },

  async 'openai: a stream that is cut is an error'() {
    const stream = await ask('cut this stream of openai off', { stream: true });
    let text = '';
    await assert.rejects(async () => { for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''; }, OpenAI.APIError);
    assert.ok(text.length > 0 && text.length < 'cut this stream of openai off'.length);
  },

  async 'openai: abort before the head'() {
    const abort = new AbortController();
    const answer = ask('hang before the head of openai', {}, { signal: abort.signal });
    answer.catch(() => {});
    await upstream.until('it is asked', async () => (await upstream.asked('hang before the head of openai')).length === 1);
    abort.abort();
    await assert.rejects(answer, OpenAI.APIUserAbortError);
    await left('hang before the head of openai');
  },

  async 'openai: abort in the middle'() {
    const stream = await ask('drip a b c d e f g h of openai', { stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break; // which aborts it
    await left('drip a b c d e f g h of openai');
  },
});
