// many.js BASE_URL KEY COUNT AT_ONCE - the official Node SDK, as it comes, asks so many questions, so many at once, each
// fifth as a stream. Prints {"answered":N,"failed":{"what":N}}.
import OpenAI from 'openai';

const [baseURL, apiKey, count, atOnce] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
const outcome = { answered: 0, failed: {} };
let next = 0;

async function ask(number) {
  const content = `question ${number} of many`;
  const body = { model: 'm', messages: [{ role: 'user', content }] };
  let text = '';
  if (number % 5 === 0) {
    const stream = await client.chat.completions.create({ ...body, stream: true });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  } else {
    text = (await client.chat.completions.create(body)).choices[0].message.content;
  }
  if (text !== content) throw new Error(`another answer: ${text}`);
}

async function caller() {
  while (next < Number(count)) {
    try {
      await ask(next++);
      outcome.answered++;
    } catch (error) {
      const what = error.code ?? error.message;
      outcome.failed[what] = (outcome.failed[what] ?? 0) + 1;
    }
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, caller));
console.log(JSON.stringify(outcome));
