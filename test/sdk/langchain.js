// langchain.js BASE_URL KEY MOCK - LangChain's @langchain/openai through the gateway, and what the mock behind sees.
import assert from 'node:assert/strict';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { run } from './harness.js';
import { upstreamAt } from './upstream.js';

const [baseURL, apiKey, mock] = process.argv.slice(2);
const upstream = upstreamAt(mock);
const common = { apiKey, configuration: { baseURL }, maxRetries: 0 };
const chat = new ChatOpenAI({ ...common, model: 'gpt-4o-mini' });
const City = z.object({ name: z.string(), people: z.number() });
const times = async (text, count) => assert.equal((await upstream.asked(text)).length, count, text);

await run({
  async 'langchain: invoke'() {
    const answer = await chat.invoke('langchain invoke');
    assert.equal(answer.content, 'langchain invoke');
    assert.ok(answer.usage_metadata.output_tokens > 0);
    await times('langchain invoke', 1);
  },

  async 'langchain: stream'() {
    const pieces = [];
    for await (const piece of await chat.stream('langchain stream of words')) pieces.push(piece.content);
    assert.equal(pieces.join(''), 'langchain stream of words');
    assert.ok(pieces.length > 2);
    assert.equal((await upstream.asked('langchain stream of words'))[0].stream, true);
  },

  async 'langchain: batch'() {
    const texts = Array.from({ length: 20 }, (_, i) => `langchain batch ${i % 10}.`);
    const answers = await chat.batch(texts);
    assert.deepEqual(answers.map((one) => one.content), texts);
    await times('langchain batch', 10); // each twice: stored, or one request for both
  },

  async 'langchain: tools'() {
    const find = tool(async ({ name }) => `${name} is far.`, { name: 'find_city', description: 'finds', schema: City });
    const answer = await chat.bindTools([find]).invoke('langchain find_city');
    assert.equal(answer.tool_calls.length, 1);
    City.parse(answer.tool_calls[0].args);
  },

  async 'langchain: structured output'() {
    City.parse(await chat.withStructuredOutput(City).invoke('langchain object'));
  },

  async 'langchain: responses'() {
    const responses = new ChatOpenAI({ ...common, model: 'gpt-4o-mini', useResponsesApi: true });
    assert.equal((await responses.invoke('langchain response')).text, 'langchain response');
    assert.equal((await upstream.asked('langchain response'))[0].path, '/v1/responses');
  },

  async 'langchain: completions'() {
    const old = new OpenAI({ ...common, model: 'gpt-3.5-turbo-instruct' });
    assert.equal(await old.invoke('langchain completion'), 'langchain completion');
    assert.equal((await upstream.asked('langchain completion'))[0].path, '/v1/completions');
  },

  async 'langchain: embeddings'() {
    const embeddings = new OpenAIEmbeddings({ ...common, model: 'text-embedding-3-small' });
    const vectors = await embeddings.embedDocuments(['langchain a', 'langchain b']);
    assert.deepEqual(vectors.map((one) => one.length), [1536, 1536]);
    assert.equal((await embeddings.embedQuery('langchain c')).length, 1536);
    await times('langchain a', 1);
  },

  async 'langchain: errors'() {
    await assert.rejects(chat.invoke('poison for langchain'), (error) => error.status === 502);
    await assert.rejects(new ChatOpenAI({ ...common, apiKey: 'sk-wrong', model: 'gpt-4o-mini' }).invoke('x'), (error) => error.status === 401);
  },

  async 'langchain: abort'() {
    const abort = new AbortController();
    await assert.rejects(async () => {
      for await (const piece of await chat.stream('drip a b c d e f g h of langchain', { signal: abort.signal })) if (piece.content) abort.abort();
    });
    await upstream.until('it left', async () => (await upstream.asked('drip a b c d e f g h of langchain')).some((one) => one.left));
  },
});
