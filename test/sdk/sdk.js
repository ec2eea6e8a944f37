// sdk.js BASE_URL KEY [NAME...] - the official Node SDK against a server; the calls of these names are left out.
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { run } from './harness.js';

const [baseURL, apiKey, ...but] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const model = 'gpt-4o-mini';
const messages = [{ role: 'user', content: 'One two three.' }];
const City = z.object({
  name: z.string(),
  people: z.number().int().min(1000).max(2000),
  kind: z.enum(['town', 'port']),
  districts: z.array(z.object({ name: z.string(), mayor: z.string().nullable() })).min(2),
  code: z.string().regex(/^[A-Z]{2}-[0-9]{3}$/),
});

const calls = {
  async 'chat.completions.create'() {
    const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
    assert.equal(data.choices[0].message.content, 'One two three.');
    assert.equal(data.choices[0].finish_reason, 'stop');
    assert.equal(data.usage.completion_tokens, 3);
    assert.ok(response.headers.get('x-request-id') === data._request_id);
    const more = await client.chat.completions.create({ model, messages, n: 3, max_completion_tokens: 2, logprobs: true, top_logprobs: 2 });
    assert.deepEqual(more.choices.map((choice) => choice.message.content), ['One two', 'One two', 'One two']);
    assert.equal(more.choices[2].finish_reason, 'length');
    assert.equal(more.choices[1].logprobs.content[1].top_logprobs.length, 2);
  },

  async 'chat.completions.create, stream'() {
    const stream = await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } });
    let text = '', usage, pieces = 0;
    for await (const chunk of stream) {
      const said = chunk.choices[0]?.delta.content;
      if (said) pieces++;
      text += said ?? '';
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, 'One two three.');
    assert.equal(usage.completion_tokens, 3);
    assert.equal(pieces, 3);
  },

  async 'chat.completions.stream'() {
    const stream = client.chat.completions.stream({ model, messages, n: 2 });
    assert.equal(await stream.finalContent(), 'One two three.');
    const whole = await stream.finalChatCompletion();
    const plain = await client.chat.completions.create({ model, messages, n: 2 });
    assert.equal(whole.choices[1].message.content, plain.choices[1].message.content);
    const refused = client.chat.completions.stream({ model, messages, max_tokens: 0 });
    await assert.rejects(refused.finalContent(), (error) => error instanceof OpenAI.BadRequestError && error.param === 'max_tokens');
  },

  async 'chat.completions.create, tools'() {
    const tools = [zodFunction({ name: 'find_city', parameters: City })];
    const answer = await client.chat.completions.create({ model, messages, tools, tool_choice: 'required' });
    assert.equal(answer.choices[0].finish_reason, 'tool_calls');
    const [call] = answer.choices[0].message.tool_calls;
    City.parse(JSON.parse(call.function.arguments));
    const stream = client.chat.completions.stream({ model, messages, tools });
    const streamed = (await stream.finalMessage()).tool_calls[0];
    City.parse(streamed.function.parsed_arguments);
  },

  async 'chat.completions.runTools'() {
    const seen = [];
    const runner = client.chat.completions.runTools({
      model, messages,
      tools: [zodFunction({ name: 'find_city', parameters: City, function: (city) => { seen.push(city); return `${city.name} is far.`; } })],
    });
    assert.equal(await runner.finalContent(), 'One two three.');
    assert.equal(seen.length, 1);
    City.parse(seen[0]);
  },

  async 'chat.completions.parse'() {
    const answer = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(City, 'city') });
    City.parse(answer.choices[0].message.parsed);
    const object = await client.chat.completions.create({ model, messages, response_format: { type: 'json_object' } });
    assert.deepEqual(JSON.parse(object.choices[0].message.content), { answer: 'One two three.' });
  },

  async 'completions.create'() {
    const plain = await client.completions.create({ model, prompt: ['One.', 'Two.'], n: 2, logprobs: 1 });
    assert.deepEqual(plain.choices.map((choice) => choice.text), ['One.', 'One. (2)', 'Two.', 'Two. (2)']);
    assert.deepEqual(plain.choices[0].logprobs.tokens, ['One.']);
    let text = '';
    for await (const chunk of await client.completions.create({ model, prompt: 'One two.', stream: true })) text += chunk.choices[0].text;
    assert.equal(text, 'One two.');
  },

  async 'responses.create'() {
    const answer = await client.responses.create({ model, input: 'One two three.', instructions: 'Be short.' });
    assert.equal(answer.output_text, 'One two three.');
    assert.equal(answer.status, 'completed');
    assert.equal(answer.usage.output_tokens, 3);
    const cut = await client.responses.create({ model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'One two three.' }] }], max_output_tokens: 2 });
    assert.equal(cut.output_text, 'One two');
    assert.equal(cut.incomplete_details.reason, 'max_output_tokens');
  },

  async 'responses.create, stream'() {
    const names = [];
    let text = '', last, number = 0;
    for await (const event of await client.responses.create({ model, input: 'One two.', stream: true })) {
      assert.equal(event.sequence_number, number++);
      names.push(event.type);
      if (event.type === 'response.output_text.delta') text += event.delta;
      last = event;
    }
    assert.equal(text, 'One two.');
    assert.deepEqual(names, ['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added',
      'response.output_text.delta', 'response.output_text.delta', 'response.output_text.done', 'response.content_part.done',
      'response.output_item.done', 'response.completed']);
    assert.equal(last.response.output[0].content[0].text, 'One two.');
  },

  async 'responses.stream'() {
    const tools = [{ type: 'function', name: 'find_city', parameters: z.toJSONSchema(City), strict: true }];
    const whole = await client.responses.stream({ model, input: 'One two.' }).finalResponse();
    assert.equal(whole.output_text, 'One two.');
    const called = await client.responses.stream({ model, input: 'find_city', tools }).finalResponse();
    const call = called.output.find((item) => item.type === 'function_call');
    City.parse(JSON.parse(call.arguments));
    const after = await client.responses.create({ model, tools, input: [{ role: 'user', content: 'One.' }, call, { type: 'function_call_output', call_id: call.call_id, output: 'far' }] });
    assert.equal(after.output_text, 'One.');
  },

  async 'responses.parse'() {
    const answer = await client.responses.parse({ model, input: 'x', text: { format: zodTextFormat(City, 'city') } });
    City.parse(answer.output_parsed);
  },

  async 'embeddings.create'() {
    const length = (vector) => Math.hypot(...vector);
    for (const [name, size] of [['text-embedding-3-small', 1536], ['text-embedding-3-large', 3072]]) {
      const answer = await client.embeddings.create({ model: name, input: ['a', 'b'] }); // base64 underneath
      assert.deepEqual(answer.data.map((one) => one.embedding.length), [size, size]);
      assert.ok(Math.abs(length(answer.data[1].embedding) - 1) < 1e-3);
      const floats = await client.embeddings.create({ model: name, input: 'a', encoding_format: 'float' });
      assert.ok(floats.data[0].embedding.every((x, i) => Math.abs(x - answer.data[0].embedding[i]) < 1e-5));
    }
    const short = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a', dimensions: 5 });
    assert.equal(short.data[0].embedding.length, 5);
  },

  async 'models.list, models.retrieve'() {
    const ids = [];
    for await (const one of client.models.list()) ids.push(one.id);
    assert.deepEqual(ids, [model, 'text-embedding-3-small', 'text-embedding-3-large', 'org/own']);
    assert.equal((await client.models.retrieve('org/own')).id, 'org/own');
    await assert.rejects(client.models.retrieve('none'), (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
  },

  async 'files, batches'() {
    const line = (id) => JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model, messages } });
    const file = await client.files.create({ purpose: 'batch', file: await toFile(Buffer.from(`${line('a')}\n${line('b')}\n`), 'in.jsonl') });
    assert.equal((await client.files.retrieve(file.id)).filename, 'in.jsonl');
    let batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
    while (!['completed', 'failed', 'expired'].includes(batch.status)) batch = await client.batches.retrieve(batch.id);
    assert.equal(batch.request_counts.completed, 2);
    const answers = (await (await client.files.content(batch.output_file_id)).text()).trim().split('\n').map((one) => JSON.parse(one));
    assert.deepEqual(answers.map((one) => one.custom_id).sort(), ['a', 'b']);
    assert.equal(answers[0].response.body.choices[0].message.content, 'One two three.');
    const found = [];
    for await (const one of client.batches.list({ limit: 1 })) found.push(one.id);
    assert.ok(found.includes(batch.id));
    const other = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
    assert.ok(['cancelling', 'cancelled'].includes((await client.batches.cancel(other.id)).status));
    const files = [];
    for await (const one of client.files.list()) files.push(one.id);
    assert.ok(files.includes(file.id));
    assert.equal((await client.files.delete(file.id)).deleted, true);
  },

  async 'errors'() {
    const is = (kind, code, param) => (error) => error instanceof kind && error.code === code && error.param === param && error.requestID?.length > 0;
    const chat = (more) => client.chat.completions.create({ model, messages, ...more });
    await assert.rejects(chat({ temperature: 3 }), is(OpenAI.BadRequestError, 'decimal_above_max_value', 'temperature'));
    await assert.rejects(chat({ model: 'none' }), is(OpenAI.NotFoundError, 'model_not_found', 'model'));
    await assert.rejects(new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 0 }).models.list(), is(OpenAI.AuthenticationError, 'invalid_api_key', null));
    const fault = (name) => client.chat.completions.create({ model, messages }, { headers: { 'x-mock-fault': name } });
    await assert.rejects(fault('429'), (error) => error instanceof OpenAI.RateLimitError);
    await assert.rejects(fault('500'), (error) => error instanceof OpenAI.InternalServerError);
    await assert.rejects(fault('reset'), (error) => error instanceof OpenAI.APIConnectionError);
  },
};

await run(calls, but);
