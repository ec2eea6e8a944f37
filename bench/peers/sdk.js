// sdk.js URL REQUESTS CONCURRENCY STREAM - the official SDK with its defaults: so many requests, at
// most so many at once. Prints {"ok": n, "failed": {"what": n}} as JSON.
import OpenAI from 'openai';

const [url, requests, concurrency, stream] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: 'sk-peers' });
const outcome = { ok: 0, failed: {} };
const whole = 'one two three four';
let next = 0;

async function one(i) {
  const body = { model: 'm', messages: [{ role: 'user', content: `question ${i}` }] };
  if (stream !== 'true') return (await client.chat.completions.create(body)).choices[0].message.content;
  let text = '';
  for await (const event of await client.chat.completions.create({ ...body, stream: true }))
    text += event.choices[0]?.delta?.content ?? '';
  return text;
}

async function worker() {
  while (next < Number(requests)) {
    let what;
    try {
      const text = await one(next++);
      if (text === whole) outcome.ok++;
      else what = `half an answer ("${text}") as if it were whole`;
    } catch (error) {
      what = error.code ?? (error.status ? `HTTP ${error.status}` : error.message);
    }
    if (what) outcome.failed[what] = (outcome.failed[what] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, worker));
console.log(JSON.stringify(outcome));
