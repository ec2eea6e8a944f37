// vercel.js BASE_URL KEY MOCK - Vercel's `ai` with @ai-sdk/openai (responses and chat) and @ai-sdk/openai-compatible
// through the gateway, and what the mock behind sees.
import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, Output, embedMany, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { run } from './harness.js';
import { upstreamAt } from './upstream.js';

const [baseURL, apiKey, mock] = process.argv.slice(2);
const upstream = upstreamAt(mock);
const openai = createOpenAI({ baseURL, apiKey });
const compatible = createOpenAICompatible({ name: 'glimpse', baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
const models = {
  'responses': [openai('gpt-4o-mini'), '/v1/responses'],
  'chat': [openai.chat('gpt-4o-mini'), '/v1/chat/completions'],
  'compatible': [compatible.chatModel('gpt-4o-mini'), '/v1/chat/completions'],
};
const City = z.object({ name: z.string(), people: z.number() });
const calls = {};

for (const [name, [model, path]] of Object.entries(models)) {
  Object.assign(calls, {
    async [`vercel ${name}: text`]() {
      const prompt = `vercel ${name} text`;
      const { text, usage, finishReason } = await generateText({ model, prompt, maxRetries: 0 });
      assert.equal(text, prompt);
      assert.equal(finishReason, 'stop');
      assert.ok(usage.outputTokens > 0);
      assert.deepEqual((await upstream.asked(prompt)).map((one) => one.path), [path]);
    },

    async [`vercel ${name}: stream`]() {
      const prompt = `vercel ${name} stream of words`;
      const result = streamText({ model, prompt, maxRetries: 0 });
      const pieces = [];
      for await (const piece of result.textStream) pieces.push(piece);
      assert.equal(pieces.join(''), prompt);
      assert.ok(pieces.length > 1);
      assert.equal(await result.finishReason, 'stop');
      assert.ok((await result.usage).outputTokens > 0);
      assert.deepEqual((await upstream.asked(prompt)).map((one) => [one.path, one.stream]), [[path, true]]);
    },

    async [`vercel ${name}: tools`]() {
      const seen = [];
      const tools = { find_city: tool({ inputSchema: City, execute: (city) => { seen.push(city); return `${city.name} is far.`; } }) };
      const { steps } = await generateText({ model, prompt: `vercel ${name} find_city`, tools, stopWhen: stepCountIs(2), maxRetries: 0 });
      assert.equal(steps.length, 2);
      assert.equal(seen.length, 1);
      City.parse(seen[0]);
      assert.equal((await upstream.asked(`vercel ${name} find_city`)).length, 2);
    },

    async [`vercel ${name}: an object by its schema`]() {
      const { output } = await generateText({ model, prompt: `vercel ${name} object`, output: Output.object({ schema: City }), maxRetries: 0 });
      City.parse(output);
    },

    async [`vercel ${name}: abort`]() {
      const prompt = `drip a b c d e f g h of vercel ${name}`;
      const abort = new AbortController();
      const result = streamText({ model, prompt, maxRetries: 0, abortSignal: abort.signal, onError() {} });
      for await (const piece of result.textStream) { assert.ok(piece); abort.abort(); }
      await upstream.until('it left', async () => (await upstream.asked(prompt)).some((one) => one.left));
    },

    async [`vercel ${name}: errors`]() {
      await assert.rejects(generateText({ model, prompt: `poison of vercel ${name}`, maxRetries: 0 }),
        (error) => APICallError.isInstance(error) && error.statusCode === 502);
      const cut = `cut this stream of vercel ${name} in its middle`;
      const result = streamText({ model, prompt: cut, maxRetries: 0, onError() {} });
      let text = '', failed = false;
      try {
        for await (const part of result.fullStream) {
          if (part.type === 'text-delta') text += part.text;
          failed ||= part.type === 'error';
        }
      } catch (error) {
        failed = APICallError.isInstance(error);
      }
      assert.ok(failed && text.length > 0 && text.length < cut.length, text);
    },
  });
}

Object.assign(calls, {
  async 'vercel: embeddings'() {
    for (const [name, model] of [['openai', openai.embedding('text-embedding-3-small')], ['compatible', compatible.embeddingModel('text-embedding-3-small')]]) {
      const { embeddings } = await embedMany({ model, values: [`vercel ${name} a`, `vercel ${name} b`], maxRetries: 0 });
      assert.deepEqual(embeddings.map((one) => one.length), [1536, 1536]);
      assert.equal((await upstream.asked(`vercel ${name} b`)).length, 1);
    }
  },

  async 'vercel compatible: completion'() {
    const { text } = await generateText({ model: compatible.completionModel('gpt-4o-mini'), prompt: 'vercel completion', maxRetries: 0 });
    assert.equal(text, 'assistant:'); // its prompt is a transcript, of which the mock gives back the last line
    assert.equal((await upstream.asked('vercel completion'))[0].path, '/v1/completions');
  },
});

await run(calls);
